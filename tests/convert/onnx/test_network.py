"""The table of operators: whatever it takes comes out of onnxruntime as out of torch, in float and int8, at any size."""

from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from model_tester import wake
from operator_networks import NETWORKS, Bordered, Network
from torch import nn
from torch.fx import GraphModule

from compress.graph import export_graph
from compress.int8.calibrate import calibrate
from compress.int8.quantize import FakeQuantised
from compress.rounded import choose_palettes, to_palettes
from convert.onnx.write import write_onnx
from convert.runtimes.open import open_runtime
from operators.levels import Ranges
from pix2phone.errors import CheckFailed
from pix2phone.pictures import fit, read_picture
from train.data.photos import builtin
from train.metrics import psnr
from train.models import build
from train.models.generator import Generator, painter

pytestmark = pytest.mark.converter

SIZES = ((64, 64), (41, 93), (5, 2), (1, 40))


@pytest.fixture(scope="module", params=[*NETWORKS, "Bordered"])
def network(request: pytest.FixtureRequest) -> tuple[Generator, GraphModule, Ranges]:
    torch.manual_seed(0)
    model = {**NETWORKS, "Bordered": Bordered}[request.param]()
    wake(model)
    return prepare(model)


def prepare(model: Generator) -> tuple[Generator, GraphModule, Ranges]:
    graph = export_graph(model)
    return model, graph, calibrate(graph, [fit(read_picture(path), 96) for path in builtin("train")[:4]])


def photo(height: int, width: int) -> np.ndarray:
    return read_picture(builtin("held-out")[0])[100 : 100 + height, 200 : 200 + width]


def compare(path: Path, reference: Generator, sizes: tuple[tuple[int, int], ...] = SIZES) -> float:
    """The least PSNR in dB of the file at `path` against `reference`."""
    runtime, wanted = open_runtime(path, threads=1), painter(reference)
    return min(psnr(runtime(photo(*size)), wanted(photo(*size))) for size in sizes)


@pytest.mark.parametrize(("rounded", "floor"), [(False, 80.0), (True, 45.0)])
def test_operators(network: tuple[Generator, GraphModule, Ranges], rounded: bool, floor: float, tmp_path: Path) -> None:
    model, graph, ranges = network
    write_onnx(graph, tmp_path / "model.onnx", {}, ranges if rounded else None)
    assert compare(tmp_path / "model.onnx", FakeQuantised(graph, ranges) if rounded else model) > floor


def test_palettes(tmp_path: Path) -> None:
    torch.manual_seed(0)
    plain = export_graph(NETWORKS["Orders"]())
    few = to_palettes(plain, choose_palettes(plain, 4)).eval()
    write_onnx(export_graph(few), tmp_path / "model.onnx", {})
    assert compare(tmp_path / "model.onnx", few) > 80


def test_the_dynamic_unet(tmp_path: Path) -> None:
    """Its random weights make noise of the last bits of its 43 layers; how far is not for a file to say."""
    torch.manual_seed(0)
    model, graph, ranges = prepare(build("unet-resnet18").eval().fold())
    for name, reference, floor in (("float", model, 80.0), ("int8", FakeQuantised(graph, ranges), 30.0)):
        path = tmp_path / f"{name}.onnx"
        write_onnx(graph, path, {}, ranges if name == "int8" else None)
        assert compare(path, reference, ((64, 96), (65, 40))) > floor, name
    kernels = [tensor for tensor in onnx.load(tmp_path / "int8.onnx").graph.initializer if len(tensor.dims) > 2]
    assert {tensor.data_type for tensor in kernels} == {onnx.TensorProto.UINT8}


def test_dead_channel_keeps_its_bias(tmp_path: Path) -> None:
    """Its kernel of zeros has no steps of its own in which the bias could be counted."""
    model = Network(dead=nn.Conv2d(3, 3, 1))
    nn.init.zeros_(model.get_parameter("dead.weight"))
    model.forward = model.dead.forward  # type: ignore[method-assign,union-attr]
    model, graph, ranges = prepare(model.eval())
    write_onnx(graph, tmp_path / "model.onnx", {}, ranges)
    assert compare(tmp_path / "model.onnx", FakeQuantised(graph, ranges)) > 45


class Squared(Network):
    """Holds an operator that no network of ours has."""

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        return torch.pow(image, 2)


class Halved(Network):
    """Calls for what ONNX says differently."""

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        return torch.add(image, image * image, alpha=0.5)


class Folded(Network):
    """Moves columns into channels."""

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        return image.view(1, 6, image.shape[2], -1)


@pytest.mark.parametrize(
    ("model", "words"),
    [(Squared(), "pow.*has no form"), (Halved(), "add.*alpha 0.5"), (Folded(), "view.*flattened")],
)
def test_what_the_table_does_not_foresee_is_refused_by_name(model: Generator, words: str, tmp_path: Path) -> None:
    with pytest.raises(CheckFailed, match=f"^ONNX: .*{words}"):
        write_onnx(export_graph(model), tmp_path / "model.onnx", {})
    assert not list(tmp_path.iterdir())


def test_values_are_called_by_the_names_of_the_graph(
    network: tuple[Generator, GraphModule, Ranges], tmp_path: Path
) -> None:
    _, graph, ranges = network
    wanted = [
        node.name
        for node in graph.graph.nodes
        if isinstance(node.meta.get("val"), torch.Tensor) and node.op == "call_function"
    ]
    for given in (None, ranges):
        write_onnx(graph, tmp_path / "model.onnx", {}, given)
        values = [node.output[0] for node in onnx.load(tmp_path / "model.onnx").graph.node]
        assert len(values) == len(set(values))
        assert [value for value in values if value in wanted] == wanted
