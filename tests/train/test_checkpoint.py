"""A checkpoint comes back as it was, and a file that is none says so in one line."""

import json
import os
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

from pix2phone.errors import UserError
from train.checkpoint import KEY, Card, load, save
from train.models import build

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


def metadata(**changes: Any) -> dict[str, str]:
    return {KEY: json.dumps(asdict(CARD) | {"spec": {}} | changes)}


def rewrite(change: Callable[[dict[str, torch.Tensor]], object], **changes: Any) -> Callable[[Path], None]:
    """Spoils a checkpoint: `change` its tensors, and `changes` to its card."""

    def spoil(path: Path) -> None:
        tensors = load_file(path)
        change(tensors)
        save_file(tensors, path, metadata(**changes))

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
        (rewrite(keep, format=2), r"format 2, this version reads up to 1; upgrade"),
        (rewrite(keep, model="enormous"), "model: 'enormous': unknown; use one of"),
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
