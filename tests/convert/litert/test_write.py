"""The LiteRT writer: one file for all sizes, the scales that compress decided, plain RGB bytes at both ends."""

from pathlib import Path

import numpy as np
import pytest
import torch
from ai_edge_litert.interpreter import Interpreter
from made_files import save_student
from torch.nn import functional as F

from compress.graph import export_graph
from compress.int8.calibrate import calibrate
from compress.int8.quantize import FakeQuantised
from compress.load import Compressed, load
from convert.litert.write import write_tflite
from convert.metadata import write_tflite_metadata
from convert.runtimes.open import open_runtime
from pix2phone.errors import CheckFailed, UserError
from pix2phone.pictures import fit, read_picture
from train.data.photos import builtin
from train.metrics import psnr
from train.models.generator import Generator, painter
from train.models.spec import ModelSpec

pytestmark = pytest.mark.converter

SIZES = ((64, 64), (96, 132), (41, 53))


@pytest.fixture(scope="module")
def student(tmp_path_factory: pytest.TempPathFactory) -> Compressed:
    return load(save_student(tmp_path_factory.mktemp("student") / "small.safetensors", with_int8=True))


def photo(height: int, width: int) -> np.ndarray:
    return read_picture(builtin("held-out")[0])[100 : 100 + height, 200 : 200 + width]


def write(student: Compressed, path: Path, precision: str) -> Path:
    write_tflite(export_graph(student.model), path, precision, student.ranges)  # type: ignore[arg-type]
    write_tflite_metadata(path, {"multiple": student.model.spec.multiple})
    return path


@pytest.mark.parametrize(("precision", "floor"), [("float32", 80.0), ("float16", 55.0), ("int8", 45.0)])
def test_one_file_paints_every_size_as_torch_does(
    student: Compressed, precision: str, floor: float, tmp_path: Path
) -> None:
    runtime = open_runtime(write(student, tmp_path / "model.tflite", precision))
    wanted = painter(student.deployed() if precision == "int8" else student.model)
    for size in SIZES:
        picture = photo(*size)
        assert runtime(picture).shape == picture.shape
        assert psnr(runtime(picture), wanted(picture)) > floor, size


def test_int8_file_is_int8_throughout(student: Compressed, tmp_path: Path) -> None:
    interpreter = Interpreter(str(write(student, tmp_path / "model.tflite", "int8")))
    for end in (*interpreter.get_input_details(), *interpreter.get_output_details()):
        assert end["dtype"] is np.uint8
        assert end["quantization"] == pytest.approx((1 / 255, 0))
    floats = [tensor["name"] for tensor in interpreter.get_tensor_details() if tensor["dtype"] is np.float32]
    assert all(name.endswith("as float32") for name in floats) and len(floats) == 2, "the way between uint8 and int8"
    weights = [t["quantization_parameters"]["scales"] for t in interpreter.get_tensor_details() if len(t["shape"]) == 4]
    assert max(len(scales) for scales in weights) == 64  # a scale for each output channel


def test_layers_left_in_float_are_float_in_the_file(student: Compressed, tmp_path: Path) -> None:
    graph, path = export_graph(student.model), tmp_path / "model.tflite"
    ranges = (student.ranges or {}) | {"relu_2": None}
    write_tflite(graph, path, "int8", ranges)
    write_tflite_metadata(path, {"multiple": student.model.spec.multiple})
    wanted = painter(FakeQuantised(graph, ranges))
    assert min(psnr(open_runtime(path)(photo(*size)), wanted(photo(*size))) for size in SIZES) > 45
    shown = {tensor["name"]: tensor for tensor in Interpreter(str(path)).get_tensor_details()}
    kernels = [np.dtype(t["dtype"]).name for t in shown.values() if len(t["shape"]) == 4 and t["shape"][1] == 3]
    assert kernels.count("float32") == 2, "the convolution that gives it and the one that takes it"
    assert kernels.count("int8") == len(kernels) - 2 > 0


def test_ranges_of_another_network_are_refused(student: Compressed, tmp_path: Path) -> None:
    ranges = dict(list((student.ranges or {}).items())[1:])
    with pytest.raises(UserError, match="int8 ranges"):
        write_tflite(export_graph(student.model), tmp_path / "model.tflite", "int8", ranges)


class Odd(Generator):
    """Holds an operator that no picture network of ours has."""

    spec = ModelSpec(multiple=4)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        return torch.erfinv(F.relu(image) / 2)


def test_unknown_operator_is_named(tmp_path: Path) -> None:
    with pytest.raises(CheckFailed, match="erfinv"):
        write_tflite(export_graph(Odd()), tmp_path / "model.tflite", "float32")


def test_ranges_hold_what_photos_reach_and_the_ends_are_rgb(student: Compressed) -> None:
    graph = export_graph(student.model)
    ranges = calibrate(graph, [fit(read_picture(path), 96) for path in builtin("train")[:3]])
    (image,) = (node.name for node in graph.graph.nodes if node.op == "placeholder")
    assert ranges[image] == (0.0, 1.0)
    for low, high in filter(None, ranges.values()):
        assert low <= 0 < high
        zero = -low / ((high - low) / 255)
        assert zero == pytest.approx(round(zero), abs=1e-4)  # zero is one of the levels
