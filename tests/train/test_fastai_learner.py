"""A file of fastai's `learn.save` goes through every stage as a checkpoint does, and no other network's weights do."""

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from fastai.layers import NormType
from fastai.learner import save_model
from fastai.optimizer import Adam
from fastai.vision.models.unet import DynamicUnet as FastaiUnet
from made_files import exit_code
from torchvision.models import get_model

from compress.__main__ import main as compress
from compress.load import load
from convert.__main__ import main as convert
from pix2phone.errors import UserError
from train.models import build
from train.models.dynamic_unet import IMAGENET_MEAN, IMAGENET_STD, DynamicUnet

pytestmark = pytest.mark.converter


def fastai_unet(encoder: str = "resnet18", **settings: object) -> torch.nn.Module:
    torch.manual_seed(0)
    body = torch.nn.Sequential(*list(get_model(encoder, weights=None).children())[:-2])
    return FastaiUnet(body, 3, (64, 64), **{"self_attention": True, "norm_type": NormType.Weight} | settings)


@pytest.fixture(scope="module")
def learner(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Saved with an optimizer that has made a step, fastai's default."""
    path = tmp_path_factory.mktemp("learner") / "learner.pth"
    unet = fastai_unet()
    optimizer = Adam(list(unet.parameters()), lr=1e-3)
    unet(torch.rand(2, 3, 64, 64)).mean().backward()
    optimizer.step()
    save_model(path, unet, optimizer)
    return path


@torch.inference_mode()
def test_it_paints_as_fastai_does(learner: Path) -> None:
    read = load(learner)
    unet = fastai_unet()
    unet.load_state_dict(torch.load(learner, weights_only=False)["model"])
    image = torch.rand(1, 3, 64, 96)
    mean, std = (torch.tensor(values).view(1, 3, 1, 1) for values in (IMAGENET_MEAN, IMAGENET_STD))
    expected = unet.eval()((image - mean) / std).as_subclass(torch.Tensor).clamp(0, 1)
    assert read.card.model == "unet-resnet18"
    torch.testing.assert_close(read.model(image), expected, rtol=0, atol=1e-5)


def test_without_its_optimizer_and_of_another_encoder(tmp_path: Path) -> None:
    save_model(tmp_path / "x.pth", fastai_unet("resnet34"), None)
    assert load(tmp_path / "x.pth").card.model == "unet-resnet34"


def test_it_converts(learner: Path, tmp_path: Path) -> None:
    arguments = ("--from", str(learner), "--target", "onnx", "--sizes", "64", "--out", str(tmp_path))
    assert exit_code(convert, *arguments) == 0
    assert (tmp_path / "model.onnx").exists()


def test_compress_names_the_way_to_pairs(learner: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_code(compress, "--from", str(learner), "--int8") == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert "learner.pth" in line and "train --begin" in line


@pytest.mark.parametrize(
    ("make", "named"),
    [
        (lambda: fastai_unet(norm_type=None), "x.pth"),
        (lambda: fastai_unet(self_attention=False), "blocks.1.conv2.2"),
        (lambda: fastai_unet("resnet50"), "encoder.stages"),
        (lambda: build("nano"), "x.pth"),
    ],
)
def test_other_networks_are_refused(make: Callable[[], torch.nn.Module], named: str, tmp_path: Path) -> None:
    save_model(tmp_path / "x.pth", make(), None)
    with pytest.raises(UserError, match=named) as refused:
        load(tmp_path / "x.pth")
    assert "learn.save" in str(refused.value) and "\n" not in str(refused.value)


@pytest.mark.parametrize("content", [b"", b"text", b"PK cut short"])
def test_a_damaged_file_is_named_in_one_line(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "x.pth").write_bytes(content)
    with pytest.raises(UserError, match=r"x\.pth") as refused:
        load(tmp_path / "x.pth")
    assert "learn.save" in str(refused.value) and "\n" not in str(refused.value)


class Harmful:
    """Would write a file when it is unpickled."""

    def __reduce__(self) -> tuple[Callable[..., object], tuple[str, str]]:
        return open, ("harm", "w")


def test_no_code_in_the_file_is_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    torch.save({"model": DynamicUnet("resnet18").state_dict(), "opt": Harmful()}, "x.pth")
    with pytest.raises(UserError, match=r"x\.pth"):
        load(Path("x.pth"))
    assert not Path("harm").exists()
