"""A checkpoint comes back as it was, and a file that is none says so in one line."""

import json
import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
import torch
from model_tester import picture, rewrite_card
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from two_inputs import MEMORY, STRENGTH, Steered

from compress.load import load as load_compressed
from pix2phone.artefacts import SHIPPED
from pix2phone.errors import UserError
from train.checkpoint import KEY, Card, load, save
from train.models import FAMILIES, build, describe
from train.models.student import Student, StudentConfig

CARD = Card("small", "quick", [{"int8": {"photos": 8}}], {"source": {"photos": ["builtin"]}}, {"psnr": 28.25})


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    torch.manual_seed(0)
    model = build("small")
    torch.nn.init.normal_(model.get_parameter("exit.weight"))
    save(tmp_path / "x.safetensors", model, CARD)
    return tmp_path / "x.safetensors"


def test_weights_card_and_mode_come_back(saved: Path) -> None:
    model, card = load(saved)
    assert card == CARD and not model.training
    assert all(torch.equal(value, load_file(saved)[name]) for name, value in model.state_dict().items())
    save(saved.with_name("again.safetensors"), model, card)
    assert saved.with_name("again.safetensors").read_bytes() == saved.read_bytes()


def test_others_may_read_it_as_any_file(saved: Path) -> None:
    (saved.parent / "plain").touch()
    assert saved.stat().st_mode == (saved.parent / "plain").stat().st_mode
    assert sorted(os.listdir(saved.parent)) == ["plain", "x.safetensors"]


def content_of(path: Path) -> dict[str, Any]:
    with safe_open(path, framework="pt") as file:
        return json.loads(file.metadata()[KEY])


@pytest.mark.parametrize(
    ("name", "family", "config"),
    [
        ("small", "student", {"width": 16, "detail": 4, "trunk": 2}),
        ("student-3x1x0", "student", {"width": 3, "detail": 1, "trunk": 0}),
        ("unet-resnet34", "unet", {"encoder": "resnet34"}),
    ],
)
def test_format_2_holds_the_network_as_data(name: str, family: str, config: dict[str, Any], tmp_path: Path) -> None:
    save(tmp_path / "x.safetensors", build(name), Card(name, "test"))
    content = content_of(tmp_path / "x.safetensors")
    assert (content["format"], content["family"], content["config"]) == (2, family, config)
    assert content["spec"]["tiling"] == ("global" if family == "unet" else "local")


def test_the_config_decides_and_not_the_name(saved: Path) -> None:
    save(saved, Student(3, 1, 0), replace(CARD, model="small"))
    model, card = load(saved)
    assert model.config == StudentConfig(3, 1, 0) and card.model == "small"


@dataclass(frozen=True)
class SteeredConfig:
    """Steered has no arguments."""


def test_controls_and_state_are_stored_and_compared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(FAMILIES, "steered", (Steered, SteeredConfig))  # type: ignore[arg-type]
    path, model = tmp_path / "x.safetensors", Steered()
    model.config = SteeredConfig()
    save(path, model, CARD)
    assert content_of(path)["spec"]["controls"][0]["default"] == [0.25, 1.0]
    assert load(path)[0].spec.controls == (STRENGTH,) and load(path)[0].spec.state == (MEMORY,)
    rewrite_card(path, lambda card: card["spec"]["controls"][0].update(default=[0.5, 1.0]))
    with pytest.raises(UserError, match=f"^{path}: spec: controls: "):
        load(path)


@pytest.mark.parametrize(
    ("field", "value"),
    [("multiple", 8), ("channels", 4), ("tiling", "neither"), ("controls", [{}]), ("state", [{}]), ("looks", 5)],
)
def test_each_field_of_the_spec_is_compared(saved: Path, field: str, value: Any) -> None:
    rewrite_card(saved, lambda card: card["spec"].update({field: value}))
    with pytest.raises(UserError, match=f"^{saved}: spec: {field}: ") as error:
        load(saved)
    assert "\n" not in str(error.value)


def test_a_field_that_is_missing_from_the_spec_is_named(saved: Path) -> None:
    rewrite_card(saved, lambda card: card["spec"].pop("multiple"))
    with pytest.raises(UserError, match=f"^{saved}: spec: multiple: "):
        load(saved)


FORMAT_1 = Path(__file__).parents[1] / "golden" / "format-1.safetensors"  # written when there was no other


def test_format_1_loads_and_is_written_as_format_2(tmp_path: Path) -> None:
    assert content_of(FORMAT_1)["format"] == 1
    model, card = load(FORMAT_1)
    plain = Student(2, 1, 1).eval()
    plain.load_state_dict(load_file(FORMAT_1))
    with torch.inference_mode():
        assert torch.equal(model(picture(12, 20)), plain(picture(12, 20)))
    assert card == Card("student-2x1x1", "student", [{"fp16": {}}], {"source": {"photos": ["builtin"]}}, card.metrics)
    assert card.metrics == {"psnr": 28.25, "photos": 1} and model.config == StudentConfig(2, 1, 1)
    save(tmp_path / "again.safetensors", model, card)
    again, same = load(tmp_path / "again.safetensors")
    assert content_of(tmp_path / "again.safetensors")["format"] == 2 and same == card
    assert all(torch.equal(tensor, again.state_dict()[name]) for name, tensor in model.state_dict().items())


@pytest.mark.parametrize("field", ["multiple", "channels"])
def test_the_spec_of_format_1_is_compared_too(field: str, tmp_path: Path) -> None:
    path = tmp_path / "old.safetensors"
    path.write_bytes(FORMAT_1.read_bytes())
    rewrite_card(path, lambda card: card["spec"].update({field: 7}))
    with pytest.raises(UserError, match=f"^{path}: spec: {field}: 7 "):
        load(path)


def test_format_1_with_an_unknown_name_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "old.safetensors"
    path.write_bytes(FORMAT_1.read_bytes())
    rewrite_card(path, lambda card: card.update(model="enormous"))
    with pytest.raises(UserError, match=f"^{path}: model: 'enormous'"):
        load(path)


@pytest.mark.parametrize("path", sorted(SHIPPED.parent.glob("*.safetensors")), ids=lambda path: path.stem)
def test_shipped_files_load(path: Path) -> None:
    loaded = load_compressed(path)
    assert loaded.card.model == path.stem and loaded.ranges
    assert describe(loaded.model.config) == describe(build(path.stem).config)
    tensors = load_file(path)
    assert all(torch.equal(tensor, tensors[name]) for name, tensor in loaded.model.state_dict().items())


def rewrite(change: Callable[[dict[str, torch.Tensor]], object], **changes: Any) -> Callable[[Path], None]:
    """Spoils a checkpoint: `change` its tensors, and `changes` to its card."""

    def spoil(path: Path) -> None:
        tensors, content = load_file(path), content_of(path)
        change(tensors)
        save_file(tensors, path, {KEY: json.dumps(content | changes)})

    return spoil


def keep(tensors: dict[str, torch.Tensor]) -> None:
    pass


@pytest.mark.parametrize(
    ("spoil", "line"),
    [
        (lambda path: path.unlink(), "no such checkpoint; train one"),
        (lambda path: path.write_text("PK"), "no readable safetensors file"),
        (lambda path: path.write_bytes(path.read_bytes()[:5000]), "no readable safetensors file"),
        (lambda path: [path.unlink(), path.mkdir()], "is a folder"),
        (lambda path: torch.save({"x": torch.zeros(1)}, path), "no readable safetensors file"),
        (lambda path: save_file({"x": torch.zeros(1)}, path), "safetensors without a 'pix2phone' key"),
        (lambda path: save_file({"x": torch.zeros(1)}, path, {KEY: "{"}), "its 'pix2phone' key is broken"),
        (lambda path: save_file({"x": torch.zeros(1)}, path, {KEY: "[]"}), "its 'pix2phone' key is broken"),
        (rewrite(keep, mood="good"), "its 'pix2phone' key is broken"),
        (rewrite(keep, model=5), r"its 'pix2phone' key is broken \(model is no str\)"),
        (rewrite(keep, data=None), r"its 'pix2phone' key is broken \(data is no dict\)"),
        (rewrite(keep, history=[5]), r"its 'pix2phone' key is broken \(5 is no step\)"),
        (rewrite(keep, history=[{}]), r"its 'pix2phone' key is broken \({} is no step\)"),
        (rewrite(keep, metrics={"psnr": "x"}), r"its 'pix2phone' key is broken \(a score is no number\)"),
        (rewrite(keep, format=3), "format 3"),
        (rewrite(keep, format=0, family=None), r"its 'pix2phone' key is broken \(family is no str\)"),
        (rewrite(keep, format="2"), "its 'pix2phone' key is broken"),
        (rewrite(keep, spec=[]), r"its 'pix2phone' key is broken \(spec is no dict\)"),
        (rewrite(keep, config="wide"), r"its 'pix2phone' key is broken \(config is no dict\)"),
        (rewrite(keep, family="gan"), "family: 'gan'"),
        (rewrite(keep, config={"width": 16}), "config: {'width': 16}"),
        (rewrite(keep, config={"width": -1, "detail": 4, "trunk": 2}), "config: {'width': -1"),
        (rewrite(keep, config={"width": "x", "detail": 4, "trunk": 2}), "config: {'width': 'x'"),
        (rewrite(keep, family="unet", config={"encoder": "resnet50"}), "config: {'encoder': 'resnet50'}"),
        (rewrite(keep, family="unet", config={"encoder": "resnet18", "pretrained": True}), "config: {'encoder'"),
        (rewrite(keep, config={"width": 8, "detail": 4, "trunk": 2}), "tensor 'detail.0.first.bias' has shape"),
        (rewrite(lambda tensors: tensors.pop("exit.bias")), "tensor 'exit.bias' is missing"),
        (rewrite(lambda tensors: tensors.update(extra=torch.zeros(1))), "tensor 'extra' is unknown"),
        (
            rewrite(lambda tensors: tensors.update({"exit.bias": torch.zeros(2)})),
            r"tensor 'exit.bias' has shape \(2,\)",
        ),
    ],
)
def test_what_is_no_checkpoint_is_named_in_one_line(saved: Path, spoil: Callable[[Path], object], line: str) -> None:
    spoil(saved)
    with pytest.raises(UserError, match=f"^{saved}: {line}") as error:
        load(saved)
    assert "\n" not in str(error.value)
