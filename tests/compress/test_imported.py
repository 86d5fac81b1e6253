"""Networks that were not trained here in `python -m compress`: read into a graph of ours, calibrated, and kept."""

import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from foreign_networks import Translator, save_by_torch
from made_files import exit_code
from tiny import write_pairs
from torch import nn

from compress.__main__ import main
from compress.imported import import_network, read
from compress.load import load
from convert.onnx.write import write_onnx
from convert.runtimes.open import open_runtime
from pix2phone.external.convention import Convention
from pix2phone.external.open import External, open_external
from train.checkpoint import Card, save
from train.metrics import psnr
from train.models import build
from train.models.generator import painter

pytestmark = pytest.mark.converter

RANGE = Convention(input_range="-1..1", output_range="-1..1")


class Cycle(nn.Module):
    """What generators of unpaired looks are made of."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            *(nn.ReflectionPad2d(2), nn.Conv2d(3, 8, 5), nn.InstanceNorm2d(8, affine=True), nn.ReLU()),
            *(nn.Conv2d(8, 16, 3, stride=2, padding=1), nn.InstanceNorm2d(16), nn.LeakyReLU(0.2)),
            *(nn.ConvTranspose2d(16, 8, 3, stride=2, padding=1, output_padding=1), nn.BatchNorm2d(8), nn.ReLU()),
            *(nn.Conv2d(8, 8, 2, stride=2), nn.Upsample(scale_factor=2), nn.ReplicationPad2d(1), nn.Conv2d(8, 3, 3)),
            nn.Tanh(),
        )

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        return self.layers(image)


@pytest.fixture(autouse=True)
def in_a_folder_with_photos(tmp_path: Path) -> Iterator[None]:
    before = Path.cwd()
    os.chdir(tmp_path)
    write_pairs(Path("pairs"), 16)
    yield
    os.chdir(before)


def picture(height: int, width: int) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8)


@pytest.mark.parametrize("file", ["cycle.onnx", "cycle.ts"])
def test_what_is_read_paints_as_the_original(file: str) -> None:
    external: External = open_external(save_by_torch(Path(file), Cycle), RANGE)
    model = read(external)
    for size in ((64, 96), (96, 64)):
        assert psnr(painter(model)(picture(*size)), external.network.paint(picture(*size))) > 60
    assert model.spec.tiling == "global"


def test_int8_scales_are_decided_on_the_photos_and_serve_the_files() -> None:
    source = save_by_torch(Path("cycle.onnx"), Cycle)
    flags = ("--int8", "--photos", "pairs/a", "--range=-1..1", "--out", "x.safetensors")
    assert exit_code(main, "--from", source, *flags) == 0
    made = load(Path("x.safetensors"))
    assert made.card.history[-1]["int8"]["photos"] >= 8 and made.ranges
    assert psnr(painter(made.folded)(picture(64, 64)), open_external(source, RANGE).network.paint(picture(64, 64))) > 60
    write_onnx(made.graph, Path("m.onnx"), {"multiple": made.folded.spec.multiple}, made.ranges)
    assert psnr(open_runtime(Path("m.onnx"))(picture(64, 64)), painter(made.deployed())(picture(64, 64))) > 35


class Mirrored(nn.Module):
    """The border of fast style transfer's first layer."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.Sequential(nn.ReflectionPad2d(4), nn.Conv2d(3, 4, 9), nn.ReLU(), nn.Conv2d(4, 3, 1))

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        return (image + 0.1 * self.layers(image)).clamp(0, 1)


def test_a_wide_mirrored_border_is_read() -> None:
    external = open_external(save_by_torch(Path("mirrored.onnx"), Mirrored), Convention(input_range="0..1"))
    assert psnr(painter(read(external))(picture(48, 64)), external.network.paint(picture(48, 64))) > 60


def test_a_missing_folder_of_photos_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    source = save_by_torch(Path("cycle.onnx"), Cycle)
    assert exit_code(main, "--from", source, "--int8", "--photos", "nowhere", "--range=-1..1") == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert "nowhere" in line


def test_each_original_has_a_file_of_its_own() -> None:
    for name, network in (("cycle.onnx", Cycle), ("mirrored.onnx", Mirrored)):
        external = save_by_torch(Path(name), network)
        said = RANGE if network is Cycle else Convention(input_range="0..1", output_range="0..1")
        import_network(external, ("pairs/a",), Path("x.safetensors"), said)
    assert len(list(Path().glob("x.original-*.onnx"))) == 2


def test_an_unknown_operator_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    source = save_by_torch(Path("translator.onnx"), Translator)  # with PReLU and GELU
    assert exit_code(main, "--from", source, "--int8", "--photos", "pairs/a", "--range=-1..1") == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert "translator.onnx" in line and "aten.prelu" in line


@pytest.mark.parametrize(
    ("flags", "named"),
    [
        (("--int8",), "--photos"),
        (("--prune", "0.5", "--photos", "pairs/a"), "--int8"),
        (("--int8", "--qat", "--photos", "pairs/a"), "--int8"),
    ],
)
def test_flags_that_such_a_network_does_not_take(
    flags: tuple[str, ...], named: str, capsys: pytest.CaptureFixture[str]
) -> None:
    source = save_by_torch(Path("cycle.onnx"), Cycle)
    assert exit_code(main, "--from", source, *flags) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert "cycle.onnx" in line and named in line


def test_photos_go_with_such_a_network_alone(capsys: pytest.CaptureFixture[str]) -> None:
    save(Path("nano.safetensors"), build("nano"), Card("nano", "test"))
    assert exit_code(main, "--from", "nano.safetensors", "--int8", "--photos", "pairs/a") == 2
    assert "--photos" in capsys.readouterr().err
