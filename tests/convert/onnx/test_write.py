"""The ONNX writer: what the file holds and says, 8 bits throughout, and a broken layer found by its name."""

import json
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
from made_files import save_student
from onnx import numpy_helper

from compress.graph import export_graph
from compress.int8.quantize import CONVOLUTIONS, FakeQuantised
from compress.load import Compressed, load
from convert.gate.layers import Locator
from convert.litert.write import write_tflite
from convert.metadata import write_tflite_metadata
from convert.onnx.write import write_onnx
from convert.runtimes.onnx_file import OnnxRuntime
from convert.runtimes.open import open_runtime
from pix2phone.errors import UserError
from pix2phone.pictures import read_picture
from train.data.photos import builtin
from train.metrics import psnr
from train.models.generator import painter

pytestmark = pytest.mark.converter

FACTS = {
    "model": "small",
    "description": "small: a photo in",
    "multiple": 4,
    "author": "A. Painter",
    "licence": "Apache-2.0",
    "versions": {"pix2phone": "0.1.0"},
}


@pytest.fixture(scope="module")
def student(tmp_path_factory: pytest.TempPathFactory) -> Compressed:
    return load(save_student(tmp_path_factory.mktemp("student") / "small.safetensors", with_int8=True))


@pytest.fixture(scope="module")
def files(student: Compressed, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("files")
    for name, ranges in (("float", None), ("int8", student.ranges)):
        write_onnx(export_graph(student.folded), folder / f"{name}.onnx", FACTS, ranges)
    return {path.stem: path for path in folder.iterdir()}


def photo(height: int, width: int) -> np.ndarray:
    return read_picture(builtin("held-out")[0])[100 : 100 + height, 200 : 200 + width]


def fused(path: Path, out: Path) -> list[str]:
    """The operators that onnxruntime makes of a student's file, from where the picture is padded."""
    options = onnxruntime.SessionOptions()
    options.optimized_model_filepath, options.log_severity_level = str(out), 3
    onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    operators = [node.op_type for node in onnx.load(out).graph.node]
    return operators[operators.index("SpaceToDepth") :]


@pytest.mark.parametrize("name", ["float", "int8"])
def test_the_same_checkpoint_gives_the_same_bytes(
    student: Compressed, files: dict[str, Path], name: str, tmp_path: Path
) -> None:
    write_onnx(export_graph(student.folded), tmp_path / "again.onnx", FACTS, student.ranges if name == "int8" else None)
    assert (tmp_path / "again.onnx").read_bytes() == files[name].read_bytes()


@pytest.mark.parametrize("name", ["float", "int8"])
def test_no_constant_is_stored_twice_or_unused(files: dict[str, Path], name: str) -> None:
    graph = onnx.load(files[name]).graph
    stored = {tensor.name: (tensor.data_type, *tensor.dims, tensor.raw_data) for tensor in graph.initializer}
    assert len(set(stored.values())) == len(stored)
    assert stored.keys() <= {name for node in graph.node for name in node.input}


def test_the_file_says_what_it_is(files: dict[str, Path]) -> None:
    made = onnx.load(files["float"])
    assert (made.producer_name, made.producer_version, made.domain) == ("pix2phone", "0.1.0", "pix2phone")
    assert made.doc_string == FACTS["description"]
    said = {entry.key: entry.value for entry in made.metadata_props}
    assert (said["model_author"], said["model_license"]) == (FACTS["author"], FACTS["licence"])
    assert json.loads(said["pix2phone"]) == FACTS


def test_int8_file_computes_in_8_bits_throughout(student: Compressed, files: dict[str, Path], tmp_path: Path) -> None:
    operators = fused(files["int8"], tmp_path / "fused.onnx")
    kernels = sum(node.target in CONVOLUTIONS for node in export_graph(student.folded).graph.nodes)
    assert operators.count("QLinearConv") == kernels
    assert not {"Conv", "Add", "Relu", "Clip"} & set(operators)


def test_int8_file_paints_as_torch_and_litert_do(student: Compressed, files: dict[str, Path], tmp_path: Path) -> None:
    write_tflite(export_graph(student.folded), tmp_path / "model.tflite", "int8", student.ranges)
    write_tflite_metadata(tmp_path / "model.tflite", {"multiple": student.folded.spec.multiple})
    phone, file, wanted = (
        open_runtime(tmp_path / "model.tflite"),
        open_runtime(files["int8"]),
        painter(student.deployed()),
    )
    for size in ((64, 64), (96, 132), (41, 53)):
        painted = file(photo(*size))
        assert psnr(painted, wanted(photo(*size))) > 45
        assert psnr(painted, phone(photo(*size))) > 45


def test_layers_left_in_float_are_float_in_the_file(student: Compressed, tmp_path: Path) -> None:
    graph, path = export_graph(student.folded), tmp_path / "model.onnx"
    ranges = (student.ranges or {}) | {"relu_2": None}
    write_onnx(graph, path, {}, ranges)
    assert psnr(open_runtime(path)(photo(64, 96)), painter(FakeQuantised(graph, ranges))(photo(64, 96))) > 45
    operators = fused(path, tmp_path / "fused.onnx")
    assert operators.count("Conv") + operators.count("FusedConv") == 2, (
        "the one that gives it and the one that takes it"
    )


def test_ranges_of_another_network_are_refused(student: Compressed, tmp_path: Path) -> None:
    ranges = dict(list((student.ranges or {}).items())[1:])
    with pytest.raises(UserError, match="int8 ranges"):
        write_onnx(export_graph(student.folded), tmp_path / "model.onnx", {}, ranges)


def test_a_broken_weight_is_located_by_comparing_convolutions(
    student: Compressed, files: dict[str, Path], tmp_path: Path
) -> None:
    locate, picture = Locator(export_graph(student.folded)), photo(41, 53)
    assert "first to differ" not in locate(OnnxRuntime(files["float"], threads=1), picture)
    broken = onnx.load(files["float"])
    (kernel,) = (tensor for tensor in broken.graph.initializer if tensor.name == "conv2d_3_weight")
    values = numpy_helper.to_array(kernel).copy()
    values[3, 5, 1, 1] += 1
    kernel.CopyFrom(numpy_helper.from_array(values, kernel.name))
    onnx.save(broken, tmp_path / "broken.onnx")
    assert "first to differ: conv2d_3," in locate(OnnxRuntime(tmp_path / "broken.onnx", threads=1), picture)
