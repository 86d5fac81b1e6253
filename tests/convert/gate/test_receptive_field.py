"""The receptive field is measured as far as a photo reaches; a larger one is reported, not capped."""

import pytest
import torch
from torch import nn

from convert.gate.receptive_field import HALVES, ReceptiveField, cuts, measure
from convert.runtimes.torch_model import TorchRuntime

FARTHEST = HALVES[-1]


class Shift(nn.Module):
    """The picture moved by whole pixels, its border repeated where nothing comes in: it sees as far as it moves."""

    def __init__(self, down: int, right: int) -> None:
        super().__init__()
        self.by = (down, right)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        for axis, by in zip((2, 3), self.by, strict=True):
            side = image.shape[axis]
            image = image.index_select(axis, (torch.arange(side) - by).clamp(0, side - 1))
        return image


@pytest.mark.parametrize("way", [(21, 0), (-21, 0), (0, 21), (0, -21)])
@pytest.mark.parametrize(("grid", "pixels"), [(1, 21), (4, 24), (32, 32)])
def test_it_is_how_far_a_cut_shows(way: tuple[int, int], grid: int, pixels: int) -> None:
    assert measure(TorchRuntime(Shift(*way), grid)).pixels == pixels


@pytest.mark.parametrize("pixels", [0, 128, 230, 600, 767])
def test_it_is_measured_to_the_pixel_however_large(pixels: int) -> None:
    assert measure(TorchRuntime(Shift(0, pixels), 1)).pixels == pixels


@pytest.mark.parametrize("model", [Shift(0, 800), nn.InstanceNorm2d(3)], ids=["shift", "norm"])
def test_what_is_beyond_the_largest_photo_is_said_to_be(model: nn.Module) -> None:
    assert measure(TorchRuntime(model, 4)) == ReceptiveField(None, FARTHEST)
    metadata = {"tiling": "global", "global_operator": "", "reach_beyond": FARTHEST}
    assert cuts(TorchRuntime(model, 4), "") == metadata


def test_an_operator_that_is_known_to_see_everything_is_named() -> None:
    assert cuts(TorchRuntime(nn.Identity(), 4), "Softmax") == {"tiling": "global", "global_operator": "Softmax"}
    assert cuts(TorchRuntime(nn.Identity(), 4), "") == {"tiling": "local", "reach": 0}


@pytest.mark.parametrize(
    ("model", "pixels"), [(Shift(9, 0), 9), (Shift(0, -9), 9), (Shift(0, 60), None), (nn.InstanceNorm2d(3), None)]
)
def test_a_file_of_one_size_is_measured_to_a_quarter_of_it(model: nn.Module, pixels: int | None) -> None:
    runtime = TorchRuntime(model, 1)
    runtime.sizes = [(128, 160)]
    assert measure(runtime) == ReceptiveField(pixels, 32)
