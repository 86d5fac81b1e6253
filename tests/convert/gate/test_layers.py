"""A layer that went wrong on the way into a file is found and named."""

from collections.abc import Callable
from copy import deepcopy
from pathlib import Path

import numpy as np
import pytest
import torch
from made_files import stirred_student
from torch.fx import GraphModule

from compress.graph import export_graph
from compress.int8.calibrate import calibrate
from compress.int8.quantize import FakeQuantised
from convert.gate.layers import Locator, agreement
from convert.litert.write import write_tflite
from convert.metadata import write_tflite_metadata
from convert.runtimes.base import Runtime
from convert.runtimes.open import open_runtime
from train.models import build
from train.models.student import Student

pytestmark = pytest.mark.converter

PICTURE = np.random.default_rng(0).integers(0, 256, (64, 96, 3), np.uint8)
LAYERS = ("conv2d_0", "conv2d_2", "conv2d_4", "conv2d_6")  # entry, in the middle of a pair, up, exit


@pytest.fixture(scope="module")
def student() -> Student:
    return stirred_student(std=0.1, seed=2)


def spoilt(model: Student, layer: str) -> GraphModule:
    """The graph of `model` with a wrong weight in one convolution."""
    graph = export_graph(deepcopy(model))  # a graph shares the weights of its model
    node = next(node for node in graph.graph.nodes if node.name == layer)
    with torch.no_grad():
        graph.get_parameter(str(node.args[1].target))[:, ::2].mul_(-1).add_(0.2)
    return graph


def opened(folder: Path, graph: GraphModule, write: Callable[[GraphModule, Path], None]) -> Runtime:
    write(graph, folder / "model.tflite")
    write_tflite_metadata(folder / "model.tflite", {"multiple": graph.meta["spec"].multiple})
    return open_runtime(folder / "model.tflite", threads=1)


def float32(graph: GraphModule, path: Path) -> None:
    write_tflite(graph, path, "float32")


def test_sound_file_has_no_layer_that_differs(tmp_path: Path, student: Student) -> None:
    graph = export_graph(student)
    assert "first to differ" not in Locator(graph)(opened(tmp_path, graph, float32), PICTURE)


@pytest.mark.parametrize("layer", LAYERS)
def test_wrong_weight_in_a_float_file_is_found(tmp_path: Path, student: Student, layer: str) -> None:
    runtime = opened(tmp_path, spoilt(student, layer), float32)
    assert f"first to differ: {layer}," in Locator(export_graph(student))(runtime, PICTURE)


@pytest.mark.parametrize("layer", LAYERS)
def test_wrong_weight_in_an_int8_file_is_found(tmp_path: Path, student: Student, layer: str) -> None:
    graph = export_graph(student)
    ranges = calibrate(graph, [PICTURE] * 8)
    locate = Locator(graph, FakeQuantised(graph, ranges).network)
    sound = opened(tmp_path, graph, lambda graph, path: write_tflite(graph, path, "int8", ranges))
    assert "first to differ" not in locate(sound, PICTURE)
    wrong = opened(tmp_path, spoilt(student, layer), lambda graph, path: write_tflite(graph, path, "int8", ranges))
    assert f"first to differ: {layer}," in locate(wrong, PICTURE)


def test_layers_of_the_big_network_come_in_the_same_order(tmp_path: Path) -> None:
    torch.manual_seed(0)
    graph = export_graph(build("unet-resnet18").eval().fold())
    assert "first to differ" not in Locator(graph)(opened(tmp_path, graph, float32), PICTURE)


def test_agreement_minds_only_what_a_relu_lets_through() -> None:
    values = np.array([[1.0, -2.0], [3.0, 4.0]])
    assert agreement(np.maximum(values, 0), values, ()) == np.inf
    assert agreement(values[:, ::-1], values, (1, 0)) == np.inf
    assert agreement(values * 1.1, values, ()) == pytest.approx(20)
    assert agreement(values[:1], values, ()) == -np.inf
    assert np.isnan(agreement(values * np.nan, values, ()))
