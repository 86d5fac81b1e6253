"""int8 files are right on every processor: no sum of products of theirs can leave 16 bits, whatever the kernels.

On x86 without 8-bit dot products (AVX2 alone) some runtimes add two products of uint8 and int8 in 16 bits, where they
saturate. The kernels here are the greatest that 8 bits hold and the pictures almost white, so that every pair would.
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from ai_edge_litert.interpreter import Interpreter, OpResolverType
from onnx import TensorProto, numpy_helper
from torch import nn
from torch.nn import functional as F

from benchmarks.systems.openvino_file import OpenVinoRuntime
from compress.graph import export_graph
from compress.int8.calibrate import calibrate
from compress.int8.quantize import FakeQuantised
from convert.gate.layers import Locator
from convert.litert.write import write_tflite
from convert.metadata import write_tflite_metadata
from convert.onnx.write import write_onnx
from convert.runtimes.onnx_file import OnnxRuntime
from convert.runtimes.open import open_runtime
from pix2phone.runtimes.onnx_session import OnnxSession
from train.metrics import psnr
from train.models.generator import Generator, painter
from train.models.spec import ModelSpec

pytestmark = pytest.mark.converter

BRIGHT = np.random.default_rng(0).integers(235, 256, (48, 64, 3), dtype=np.uint8)


class Averages(Generator):
    """Two means over 3x3 and all channels: every weight of a channel is its greatest, 127 steps, of one sign or both."""

    def __init__(self) -> None:
        super().__init__()
        self.spec = ModelSpec(multiple=1)
        self.enter, self.leave = nn.Conv2d(3, 16, 3, padding=1), nn.Conv2d(16, 3, 3, padding=1)
        with torch.no_grad():
            self.enter.weight.fill_(1 / 27)
            self.enter.weight[8:] *= -1
            self.enter.bias.fill_(0)
            self.enter.bias[8:] += 1
            self.leave.weight.fill_(1 / 80)
            self.leave.bias.fill_(0)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        return self.leave(F.relu(self.enter(image))).clamp(0, 1)


class Made:
    """The int8 files of `Averages`, and torch's output with the same roundings."""

    def __init__(self, folder: Path) -> None:
        model = Averages().eval()
        self.graph = export_graph(model)
        ranges = calibrate(self.graph, [BRIGHT, 255 - BRIGHT])
        self.rounded = FakeQuantised(self.graph, ranges).eval()
        self.onnx, self.int8, self.dynamic = (folder / name for name in ("a.onnx", "int8.tflite", "dynamic.tflite"))
        write_onnx(self.graph, self.onnx, {"multiple": 1}, ranges)
        for path in (self.int8, self.dynamic):
            write_tflite(self.graph, path, path.stem, ranges)  # type: ignore[arg-type]
            write_tflite_metadata(path, {"multiple": 1})
        self.wanted = painter(self.rounded)(BRIGHT)
        self.exact = painter(model)(BRIGHT)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    return Made(tmp_path_factory.mktemp("made"))


def differ(first: np.ndarray, second: np.ndarray) -> int:
    """Grey levels, at most."""
    return int(np.abs(first.astype(np.int16) - second).max())


def unoptimised(path: Path) -> OnnxRuntime:
    """In float arithmetic between roundings, operator by operator, as the file says."""
    runtime = OnnxRuntime(path, threads=1)
    runtime.session = OnnxSession(path, optimise="none")
    return runtime


def test_onnxruntime_paints_the_same_with_and_without_its_8_bit_kernels(made: Made) -> None:
    fast, plain = (runtime(BRIGHT) for runtime in (OnnxRuntime(made.onnx, threads=1), unoptimised(made.onnx)))
    assert differ(fast, plain) <= 1
    assert differ(fast, made.wanted) <= 1


def test_openvino_paints_the_same(made: Made) -> None:
    assert differ(OpenVinoRuntime(made.onnx, threads=1)(BRIGHT), made.wanted) <= 1


@pytest.mark.parametrize("file", ["int8", "dynamic"])
def test_litert_paints_the_same_with_and_without_xnnpack(made: Made, file: str) -> None:
    path = getattr(made, file)
    fast, plain = open_runtime(path, threads=1), open_runtime(path, threads=1)
    plain.session.interpreter = Interpreter(  # type: ignore[attr-defined]
        str(path), experimental_op_resolver_type=OpResolverType.BUILTIN_REF
    )
    assert differ(fast(BRIGHT), plain(BRIGHT)) <= 1
    assert differ(fast(BRIGHT), made.wanted if file == "int8" else made.exact) <= 2


def kernels(path: Path) -> Iterator[tuple[onnx.TensorProto, np.ndarray]]:
    """Every convolution's levels and zero points in an .onnx file."""
    graph = onnx.load(path).graph
    stored = {tensor.name: tensor for tensor in graph.initializer}
    makers = {node.output[0]: node for node in graph.node}
    for node in graph.node:
        if node.op_type == "Conv":
            levels, _, zero = makers[node.input[1]].input
            yield stored[levels], numpy_helper.to_array(stored[zero])


def test_kernels_in_the_onnx_file_are_uint8_about_128(made: Made) -> None:
    """The form that saturates nowhere; on a processor with dot products the others' fault cannot be seen."""
    found = list(kernels(made.onnx))
    assert len(found) == 2
    for levels, zero in found:
        assert levels.data_type == TensorProto.UINT8
        assert (zero.dtype, zero.shape, set(zero.tolist())) == (np.uint8, (levels.dims[0],), {128})
        assert set(np.unique(numpy_helper.to_array(levels))) <= {1, 255}, (
            "a step short of what a byte holds, as in torch"
        )


def test_litert_file_takes_int8_with_int8(made: Made) -> None:
    """Its runtimes widen both to 16 bits before they multiply; uint8 with int8 is what saturates."""
    details = Interpreter(str(made.int8)).get_tensor_details()
    maps = [np.dtype(tensor["dtype"]).name for tensor in details if len(tensor["shape"]) == 4]
    assert "int8" in maps and maps.count("uint8") == 2, "the picture at both ends, which no convolution takes"


def test_the_locator_looks_into_the_session_that_failed(made: Made, tmp_path: Path) -> None:
    """A file whose fault shows only in 8-bit kernels: an output rounded wrongly, which float kernels would not see."""
    broken = onnx.load(made.onnx)
    (step,) = (tensor for tensor in broken.graph.initializer if tensor.name == "relu_0_scale")
    step.CopyFrom(numpy_helper.from_array(numpy_helper.to_array(step) * np.float32(0.5), step.name))
    onnx.save(broken, tmp_path / "broken.onnx")
    runtime = OnnxRuntime(tmp_path / "broken.onnx", threads=1)
    assert psnr(runtime(BRIGHT), made.wanted) < 40
    assert "first to differ: conv2d_0," in Locator(made.graph, made.rounded.network)(runtime, BRIGHT)
