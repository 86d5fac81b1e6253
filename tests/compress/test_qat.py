"""Fine-tuning with roundings: it recovers the loss by coarse ranges, and the result is plain weights and the ranges."""

from pathlib import Path

import numpy as np
import pytest
import torch
from made_files import stir
from tiny import write_pairs
from torch import nn

from compress.graph import export_graph
from compress.int8 import qat
from compress.int8.calibrate import calibrate, nudge
from compress.int8.qat import fine_tune
from compress.int8.quantize import FakeQuantised
from compress.int8.sensitivity import mean_psnr
from operators.levels import STEPS, Ranges
from pix2phone.errors import UserError
from pix2phone.pictures import write_picture
from train.data import augment
from train.data.paired import Pair, train_pairs
from train.data.source import Paired
from train.models.generator import Generator, painter
from train.models.spec import ModelSpec
from train.models.student import Student

pytestmark = pytest.mark.training


@pytest.fixture
def pairs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Pair]:
    monkeypatch.setattr(qat, "CROP", 32)
    monkeypatch.setattr(qat, "BATCH", 2)
    monkeypatch.setattr(qat, "LEARNING_RATE", 2e-3)
    monkeypatch.setattr(augment, "FLIP", 0.0)  # an untrained network does not paint mirror images alike
    write_pairs(tmp_path / "pairs")
    return train_pairs(Paired(str(tmp_path / "pairs")))


def coarse(model: Generator, pairs: list[Pair]) -> Ranges:
    """Ranges four times as wide as the values, so that six bits are used."""
    graph = export_graph(model)
    ranges = calibrate(graph, [pair.read()[0] for pair in pairs])
    return {n: e if e is None or e == (0.0, 1.0) else nudge(4 * e[0], 4 * e[1]) for n, e in ranges.items()}


def test_fine_tuning_learns_with_the_roundings_in_place(pairs: list[Pair]) -> None:
    torch.manual_seed(0)
    model = Student(width=8, detail=2, trunk=0).eval()
    stir(model, 0.05)
    graph, ranges = export_graph(model), coarse(model, pairs)
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    for pair in pairs:
        assert pair.target
        # A little darker than it paints: at its own picture, a network that learns can only move away.
        write_picture(pair.target, painter(model)(pair.read()[0]) // 8 * 7)
    tuned, learnt = fine_tune(model, graph, ranges, pairs, steps=40)
    pictures = [pair.read() for pair in pairs]
    assert all(torch.equal(before[name], tensor) for name, tensor in model.state_dict().items())
    again = FakeQuantised(export_graph(tuned), learnt)
    assert learnt.keys() == ranges.keys() and learnt["image"] == (0.0, 1.0) and learnt["relu_0"] != ranges["relu_0"]
    assert learnt["pixel_shuffle_0"] == learnt["conv2d_2"], "what only moves keeps the range of what is moved"
    assert mean_psnr(again, pictures) > mean_psnr(FakeQuantised(graph, ranges), pictures) + 0.25
    assert np.isfinite(mean_psnr(tuned, pictures))


def test_a_grid_that_roundings_hide_goes_from_the_float_picture_too(pairs: list[Pair]) -> None:
    """Columns 0.4 grey levels too bright and too dark in turn: on flat photos bytes are right, float values are not."""
    model = Student(width=8, detail=1, trunk=0).eval()
    columns = torch.tensor([0.4, -0.4] * 6) / STEPS
    model.exit.bias.data.copy_(columns)
    for level, pair in enumerate(pairs):
        assert pair.target
        for path in (pair.photo, pair.target):
            write_picture(path, np.full((64, 64, 3), 90 + 10 * level, np.uint8))
    graph = export_graph(model)
    ranges = calibrate(graph, [pair.read()[0] for pair in pairs])
    assert mean_psnr(FakeQuantised(graph, ranges), [pair.read() for pair in pairs]) > 90
    tuned, _ = fine_tune(model, graph, ranges, pairs, steps=40)
    assert tuned.get_parameter("exit.bias").std() < columns.std() / 4


class Normed(Generator):
    """Norms behind some convolutions, or behind all."""

    def __init__(self, last: nn.Module) -> None:
        super().__init__()
        self.spec = ModelSpec(multiple=4)
        self.layers = nn.Sequential(
            nn.Conv2d(3, 8, 3, padding=1), nn.BatchNorm2d(8), nn.ReLU(), nn.Conv2d(8, 3, 1), last
        )

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        return self.layers(image).clamp(0, 1)


def test_weights_with_a_norm_stand_still(pairs: list[Pair]) -> None:
    torch.manual_seed(0)
    model = Normed(nn.Identity()).eval()
    graph = export_graph(model)
    ranges = calibrate(graph, [pair.read()[0] for pair in pairs])
    tuned, _ = fine_tune(model, graph, ranges, pairs, steps=2)
    changed = {n for n, tensor in tuned.state_dict().items() if not torch.equal(tensor, model.state_dict()[n])}
    assert changed == {"layers.3.weight", "layers.3.bias"}


def test_a_network_of_nothing_but_norms_is_refused(pairs: list[Pair]) -> None:
    model = Normed(nn.BatchNorm2d(3)).eval()
    graph = export_graph(model)
    with pytest.raises(UserError, match="--qat: Normed: norms"):
        fine_tune(model, graph, dict.fromkeys(calibrate(graph, [])), pairs, steps=1)
