"""The graph is the model; int8 scales are decided once, the same for operators that only move values, with zero exact."""

import copy
from collections.abc import Iterator

import numpy as np
import pytest
import torch
from made_files import stir
from model_tester import picture, wake
from torch import nn
from torch.fx import GraphModule

from compress.graph import export_graph
from compress.int8.calibrate import RULES, calibrate, nudge
from compress.int8.quantize import FakeQuantised, int8_convolutions, quantised, round_kernel
from operators.levels import STEPS, Ranges
from pix2phone.errors import UserError
from train.models import build
from train.models.generator import painter
from train.models.student import Student

pytestmark = pytest.mark.converter


@pytest.fixture(scope="module")
def student() -> Student:
    torch.manual_seed(0)
    student = Student(width=16, detail=2, trunk=0).eval()
    stir(student, 0.05)
    return student


@pytest.fixture(scope="module")
def graph(student: Student) -> GraphModule:
    return export_graph(student)


def photos() -> Iterator[np.ndarray]:
    """Three uint8 pictures, smooth with noise on them, whose sides are no multiples of four."""
    for size in ((61, 83), (50, 70), (33, 47)):
        rough = nn.functional.interpolate(picture(6, 6), size, mode="bicubic") + 0.1 * picture(*size)
        yield (rough[0].clamp(0, 1) * 255).byte().permute(1, 2, 0).numpy()


@pytest.fixture(scope="module")
def ranges(graph: GraphModule) -> Ranges:
    return calibrate(graph, photos())


@torch.inference_mode()
@pytest.mark.parametrize("name", ["small", "unet-resnet18"])
def test_graph_paints_what_the_model_paints(name: str) -> None:
    torch.manual_seed(0)
    model = build(name)
    wake(model)
    graph = export_graph(copy.deepcopy(model).fold())
    for size in ((64, 64), (32, 96)):
        torch.testing.assert_close(graph(picture(*size)), model(picture(*size)), rtol=0, atol=1e-4)
    assert not [node.name for node in graph.graph.nodes if "norm" in node.name], "norms are folded"
    relus = [node for node in graph.graph.nodes if "relu" in node.name]
    assert not [node.name for node in relus if "cat" in node.all_input_nodes[0].name], "relu comes first"


def test_the_same_model_gives_the_same_names(student: Student, graph: GraphModule) -> None:
    again = export_graph(copy.deepcopy(student))
    assert [node.name for node in again.graph.nodes] == [node.name for node in graph.graph.nodes]
    assert {"conv2d_0", "conv2d_5", "add_2", "pixel_shuffle_0"} <= {node.name for node in graph.graph.nodes}


@pytest.mark.parametrize(("low", "high"), [(-1.0, 1.0), (-0.3, 5.0), (0.0, 2.0), (-3.0, 0.0), (0.5, 0.7), (0.0, 0.0)])
def test_zero_is_a_level_and_the_range_hardly_moves(low: float, high: float) -> None:
    nudged = nudge(low, high)
    step = (nudged[1] - nudged[0]) / STEPS
    assert nudged[0] / step == pytest.approx(round(nudged[0] / step), abs=1e-9)
    assert nudged[0] <= min(low, 0) + step / 2 and nudged[1] >= max(high, 0) - step / 2
    assert nudge(*nudged) == pytest.approx(nudged)


def test_nodes_that_move_values_share_ranges_and_ends_are_rgb(ranges: Ranges) -> None:
    for name in ("image", "pixel_unshuffle_0", "clamp_0", "pixel_shuffle_1"):
        assert ranges[name] == (0.0, 1.0)
    assert ranges["pixel_shuffle_0"] == ranges["conv2d_2"]
    assert not {"conv2d_0", "conv2d_1", "add_0", "add_2"} & ranges.keys(), "computed along with their activation"
    assert {"relu_0", "relu_1", "conv2d_2", "relu_2", "conv2d_5"} <= ranges.keys()
    assert ranges["relu_0"][0] == 0 and ranges["conv2d_5"][0] < 0 < ranges["conv2d_5"][1]


def test_ranges_grow_with_the_photos(graph: GraphModule, ranges: Ranges) -> None:
    one = calibrate(graph, [next(photos())])
    assert all(one[name][1] <= ranges[name][1] + 1e-6 for name in one if name.startswith("relu"))
    assert calibrate(graph, photos()) == ranges


@torch.inference_mode()
def test_fake_quantised_is_near_and_gives_bytes(student: Student, graph: GraphModule, ranges: Ranges) -> None:
    rounded = FakeQuantised(graph, ranges).eval()
    assert rounded.spec == student.spec
    image = picture(64, 96)
    error = (rounded(image) - student(image)).square().mean()
    assert 0 < error < 10**-4.5, "below 45 dB"
    levels = rounded(image) * 255
    torch.testing.assert_close(levels, levels.round(), rtol=0, atol=1e-3)
    assert torch.equal(student(image), graph(image)), "rounding has changed the float weights"
    for photo in photos():
        assert painter(rounded)(photo).shape == photo.shape


def test_kernels_have_a_scale_for_each_channel(student: Student, graph: GraphModule, ranges: Ranges) -> None:
    assert len(int8_convolutions(graph, ranges)) == 6
    for channel in round_kernel(student.entry.weight):
        levels = channel / channel.abs().max() * 127
        torch.testing.assert_close(levels, levels.round(), rtol=0, atol=1e-3)


@torch.inference_mode()
def test_what_touches_a_float_value_is_computed_in_float(student: Student, graph: GraphModule, ranges: Ranges) -> None:
    names = {node.name for node in int8_convolutions(graph, ranges | {"relu_1": None})}
    assert names == {f"conv2d_{index}" for index in (0, 3, 4, 5)}
    nothing = FakeQuantised(graph, dict.fromkeys(ranges))
    assert torch.equal(nothing(picture(64, 96)), student(picture(64, 96)))
    mixed, rounded = (FakeQuantised(graph, r)(picture(64, 96)) for r in (ranges | {"relu_1": None}, ranges))
    assert not torch.equal(mixed, rounded)


class Measured(Student):
    """Asks for the size of a feature map before it is rectified."""

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        x = self.entry(torch.nn.functional.pixel_unshuffle(image, 2))
        flat = torch.relu(x).flatten(2)
        return torch.nn.functional.pixel_shuffle(self.exit(flat.view(1, -1, *x.shape[2:])), 2)


def test_kernel_before_an_activation_is_int8_though_its_size_is_asked_for() -> None:
    graph = export_graph(Measured(width=8, detail=0, trunk=0))
    everywhere = dict.fromkeys((node.name for node in quantised(graph)), (0.0, 1.0))
    assert {node.name for node in int8_convolutions(graph, everywhere)} == {"conv2d_0", "conv2d_1"}


def test_gradients_go_straight_through_the_roundings(graph: GraphModule, ranges: Ranges) -> None:
    network = FakeQuantised(graph, ranges)
    (network(picture(64, 64)) - 0.5).square().mean().backward()
    assert all(parameter.grad is not None and parameter.grad.any() for parameter in network.parameters())


def test_other_rules_leave_outliers_outside(graph: GraphModule) -> None:
    found = {rule: calibrate(graph, photos(), rule) for rule in RULES}
    for name, full in found["min-max"].items():
        if full == (0.0, 1.0):
            continue
        for rule in ("percentile", "least squares"):
            assert full and (ends := found[rule][name])
            step = (full[1] - full[0]) / STEPS
            assert full[0] - step <= ends[0] <= 0 < ends[1] <= full[1] + step
    assert found["percentile"] != found["min-max"] != found["least squares"]


@pytest.mark.parametrize(("name", "words"), [("relu_0", "relu_0: is missing"), ("conv2d_9", "conv2d_9: is not in")])
def test_ranges_of_another_network_are_refused(graph: GraphModule, ranges: Ranges, name: str, words: str) -> None:
    others: Ranges = dict.fromkeys({*ranges} ^ {name}, (0.0, 1.0))
    with pytest.raises(UserError, match=words):
        FakeQuantised(graph, others)
