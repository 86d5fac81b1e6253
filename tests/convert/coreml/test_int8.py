"""Core ML packages with 8-bit values: the scales, the bytes and the picture of torch."""

from functools import partial
from pathlib import Path

import coremltools as ct
import numpy as np
import pytest
from coreml_files import SIZES, operators, photo, weight_file, written
from made_files import save_student
from torch.fx import GraphModule

from compress.graph import constant, export_graph
from compress.int8.quantize import FakeQuantised, int8_convolutions, round_kernel
from compress.load import load
from convert.litert.write import write_tflite
from convert.metadata import write_tflite_metadata
from convert.runtimes.litert_file import LiteRTRuntime
from convert.runtimes.mil.program import Program
from convert.runtimes.open import open_runtime
from operators.entry import arguments
from operators.levels import Ranges
from train.metrics import psnr
from train.models.generator import painter

pytestmark = pytest.mark.converter


@pytest.fixture(scope="module", params=[17, 18])
def int8(request, graph: GraphModule, ranges: Ranges, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("int8") / "Model.mlpackage"
    return written(graph, path, sizes=SIZES, ranges=ranges, ios=request.param)


def test_kernels_are_stored_as_the_steps_of_torch_s_scales(int8: Path, graph: GraphModule, ranges: Ranges) -> None:
    stored = [operation.weight.op for operation, _ in Program(int8).steps if operation.op_type == "conv"]
    convolutions = [node for node in graph.graph.nodes if node in int8_convolutions(graph, ranges)]
    assert len(stored) == len(convolutions) == 7
    for weight, node in zip(stored, convolutions, strict=True):
        kernel = round_kernel(constant(graph, arguments(node)["weight"])).numpy()
        scales = np.abs(kernel).reshape(len(kernel), -1).max(1) / 127
        values = weight.data if weight.op_type == "constexpr_blockwise_shift_scale" else weight.quantized_data
        assert values.val.dtype == np.int8
        np.testing.assert_array_equal(values.val, np.rint(kernel / scales.reshape(-1, 1, 1, 1)))
        np.testing.assert_allclose(weight.scale.val.flatten(), scales, rtol=2**-11)  # float16


def test_int8_activations_have_the_ranges_of_torch(int8: Path, ranges: Ranges) -> None:
    decided = {
        (np.float16((high - low) / 255), round(-low / (high - low) * 255))
        for low, high in filter(None, ranges.values())
    }
    found = {
        (np.float16(op.scale.val), int(op.zero_point.val) if op.zero_point else 0) for op in operators(int8, "quantize")
    }
    assert found == decided


def test_int8_picture_is_that_of_torch_and_of_litert(
    int8: Path, graph: GraphModule, ranges: Ranges, tmp_path: Path
) -> None:
    picture = photo(64, 96)
    painted = open_runtime(int8)(picture)
    write_tflite(graph, tmp_path / "model.tflite", "int8", ranges)
    write_tflite_metadata(tmp_path / "model.tflite", {"multiple": 4})
    assert psnr(painted, painter(FakeQuantised(graph, ranges))(picture)) > 52
    assert psnr(painted, LiteRTRuntime(tmp_path / "model.tflite", 1)(picture)) > 48


def test_what_only_moves_is_not_rounded_again(int8: Path) -> None:
    takers = [[child.op_type for child in moved.outputs[0].child_ops] for moved in operators(int8, "pixel_shuffle")]
    assert takers == [["add"], ["mul"]]


def test_in_float32_the_int8_picture_is_torch_s_own(
    graph: GraphModule, ranges: Ranges, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ct, "convert", partial(ct.convert, compute_precision=ct.precision.FLOAT32))
    path = written(graph, tmp_path / "Model.mlpackage", sizes=SIZES, ranges=ranges, ios=17)
    painted, wanted = open_runtime(path)(photo(64, 96)), painter(FakeQuantised(graph, ranges))(photo(64, 96))
    assert np.abs(painted.astype(int) - wanted).max() <= 1


def test_checkpoint_with_an_int8_step_gives_both(tmp_path: Path) -> None:
    network = load(save_student(tmp_path / "small.safetensors", with_int8=True))
    graph = export_graph(network.folded)
    plain = written(graph, tmp_path / "Float.mlpackage", sizes=SIZES)
    small = written(graph, tmp_path / "Int8.mlpackage", sizes=SIZES, ranges=network.ranges, ios=17)
    weights = sum(
        constant(graph, arguments(node)["weight"]).numel() for node in int8_convolutions(graph, network.ranges)
    )
    # A byte each; small as the network is, scales, biases and the gaps between tensors weigh something too.
    assert weights < weight_file(small).stat().st_size < 1.15 * weights
    assert 2 * weights < weight_file(plain).stat().st_size
    picture = photo(64, 96)
    assert psnr(open_runtime(plain)(picture), painter(network.folded)(picture)) > 55
    assert psnr(open_runtime(small)(picture), painter(network.deployed())(picture)) > 45
