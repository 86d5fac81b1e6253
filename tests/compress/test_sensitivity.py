"""The layer that hurts is found, and it alone is left in float."""

import numpy as np
import pytest
import torch
from made_files import stir
from model_tester import picture
from torch.fx import GraphModule

from compress.graph import export_graph
from compress.int8.calibrate import calibrate, nudge
from compress.int8.quantize import FakeQuantised
from compress.int8.sensitivity import fewest_in_float, layers, mean_psnr, sensitivities, weights_of
from operators.levels import Ranges
from train.models.generator import painter
from train.models.student import Student

Pictures = list[tuple[np.ndarray, np.ndarray]]


@pytest.fixture(scope="module")
def graph() -> GraphModule:
    torch.manual_seed(0)
    student = Student(width=16, detail=2, trunk=0).eval()
    stir(student, 0.05)
    return export_graph(student)


@pytest.fixture(scope="module")
def pictures(graph: GraphModule) -> Pictures:
    """Photos, and the float network's output with a little noise on it."""
    paint = painter(FakeQuantised(graph, dict.fromkeys(calibrate(graph, []))))
    found = []
    for size in ((64, 80), (48, 64)):
        photo = (picture(*size)[0] * 255).byte().permute(1, 2, 0).numpy()
        found.append((photo, paint(photo) ^ 1))
    return found


@pytest.fixture(scope="module")
def ranges(graph: GraphModule, pictures: Pictures) -> Ranges:
    """Two layers have ranges far wider than their values."""
    wide = {"relu_3": nudge(0.0, 100.0), "relu_1": nudge(0.0, 50.0)}
    return calibrate(graph, [photo for photo, _ in pictures]) | wide


def test_layers_are_the_ranges_but_for_the_picture(graph: GraphModule) -> None:
    alone = ("relu_0", "relu_1", "relu_2", "relu_3", "conv2d_4", "relu_4", "conv2d_5")
    moved = {"conv2d_2": ["conv2d_2", "pixel_shuffle_0"]}
    assert layers(graph) == {name: [name] for name in alone} | moved
    assert weights_of(graph, "relu_3") == "detail.0.first" and weights_of(graph, "relu_2") == ""


def test_the_most_sensitive_layers_come_first(graph: GraphModule, ranges: Ranges, pictures: Pictures) -> None:
    lost = sensitivities(graph, ranges, pictures)
    assert list(lost)[:2] == ["relu_3", "relu_1"] and lost.keys() == layers(graph).keys()
    assert lost["relu_3"] > 1 and list(lost.values()) == sorted(lost.values(), reverse=True)


def test_no_more_layers_than_needed_stay_in_float(graph: GraphModule, ranges: Ranges, pictures: Pictures) -> None:
    in_float = mean_psnr(FakeQuantised(graph, dict.fromkeys(ranges)), pictures)

    def drop(tried: Ranges) -> float:
        return in_float - mean_psnr(FakeQuantised(graph, tried), pictures)

    limit = drop(ranges | {"relu_3": None, "relu_1": None}) + 0.01
    mixed = fewest_in_float(graph, ranges, ["relu_0", "relu_3", "conv2d_2", "relu_1"], drop, limit)
    assert drop(mixed) <= limit < drop(ranges)
    assert {name for name, ends in mixed.items() if ends is None} == {"relu_3", "relu_1"}
    assert fewest_in_float(graph, ranges, layers(graph), drop, 100.0) == ranges
