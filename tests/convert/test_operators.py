"""The operators of a converted file, and the phone's delegates for them."""

import json
from pathlib import Path

import coremltools
import numpy as np
import pytest
import tensorflow as tf
from coreml_files import tiny_student, written
from coremltools.converters.mil import Builder
from foreign_networks import Loud, save_by_torch
from made_files import exit_code

from compress.graph import export_graph
from convert.__main__ import main as convert
from convert.operators import main, say_where, where_it_runs
from pix2phone.errors import UserError


@pytest.fixture(scope="module")
def offender(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A network that XNNPACK and the GPU delegate have to leave once, in the middle."""

    @tf.function(input_signature=[tf.TensorSpec((1, 16, 16, 3), tf.float32)])
    def network(image: tf.Tensor) -> tf.Tensor:
        x = tf.nn.conv2d(image, tf.ones((3, 3, 3, 8)), 1, "SAME")
        return tf.nn.conv2d(tf.reverse(x, [1]), tf.ones((3, 3, 8, 3)), 1, "SAME")

    path = tmp_path_factory.mktemp("offender") / "offender.tflite"
    path.write_bytes(tf.lite.TFLiteConverter.from_concrete_functions([network.get_concrete_function()]).convert())
    return path


@pytest.fixture(scope="module")
def loud(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A network whose sums leave the range of half floats inside, and come back."""

    @tf.function(input_signature=[tf.TensorSpec((1, 16, 16, 3), tf.float32)])
    def network(image: tf.Tensor) -> tf.Tensor:
        x = tf.nn.conv2d(image, 3000 * tf.ones((3, 3, 3, 8)), 1, "SAME")
        return tf.nn.conv2d(x * x, tf.ones((3, 3, 8, 3)), 1, "SAME") / 1e7

    path = tmp_path_factory.mktemp("loud") / "LOUD.TFLITE"
    path.write_bytes(tf.lite.TFLiteConverter.from_concrete_functions([network.get_concrete_function()]).convert())
    return path


def test_half_floats_that_overflow_are_told(loud: Path, converted: Path) -> None:
    places = where_it_runs(loud)
    assert places.outside["GPU delegate"] == {} and places.overflow.startswith("MUL gives ")
    assert "half floats overflow (MUL" in say_where(places)
    for name in ("model-float16.tflite", "model-int8.tflite", "Model.mlpackage"):
        assert where_it_runs(converted / name).overflow == "", name


def test_a_package_that_overflows_is_refused_for_it(tmp_path: Path) -> None:
    source = save_by_torch(tmp_path / "loud.onnx", Loud)
    flags = ("--range", "0..1", "--target", "coreml", "--sizes", "64", "--out", tmp_path / "out")
    assert exit_code(convert, "--from", source, *flags) == 1
    (row,) = json.loads((tmp_path / "out" / "converted.json").read_text())["rows"]
    assert row["verdict"] == "failed" and "half floats overflow" in row["reason"] and row["refused"]


@pytest.mark.parametrize("precision", ["float32", "float16", "dynamic", "int8"])
def test_the_student_stays_in_one_piece(converted: Path, precision: str) -> None:
    places = where_it_runs(converted / f"model-{precision}.tflite")
    assert places.operators["CONV_2D"] == 10
    assert places.outside == {"GPU delegate": {}, "XNNPACK": {}}
    assert places.partitions == 1


def test_nothing_of_the_student_is_known_to_leave_the_neural_engine(converted: Path) -> None:
    places = where_it_runs(converted / "Model.mlpackage")
    assert places.operators["conv"] == 10 and "const" not in places.operators
    assert places.outside == {"the Neural Engine": {}}
    assert say_where(places).endswith("outside the Neural Engine: none")


def test_an_offender_is_told(offender: Path) -> None:
    places = where_it_runs(offender)
    assert places.operators == {"CONV_2D": 2, "REVERSE_V2": 1}
    assert places.outside == {"GPU delegate": {"REVERSE_V2": 1}, "XNNPACK": {"REVERSE_V2": 1}}
    assert places.partitions == 2
    assert "3 operators, 2 XNNPACK partition(s); outside GPU delegate: 1 REVERSE_V2" in say_where(places)


def test_tensorflow_s_own_analyser_does_not_tell(offender: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tf.lite.experimental.Analyzer.analyze(model_path=str(offender), gpu_compatibility=True)
    said = capsys.readouterr().out
    assert "REVERSE_V2" in said and "looks compatible with GPU delegate" in said, "now it does: ask it"


def test_an_operator_that_leaves_the_neural_engine_is_told(tmp_path: Path) -> None:
    @Builder.program(input_specs=[Builder.TensorSpec((1, 4, 8, 8))], opset_version=coremltools.target.iOS16)
    def program(x):  # type: ignore[no-untyped-def]
        return Builder.gather(x=x, indices=np.array([1, 0], np.int32), axis=1)

    package = coremltools.convert(program, minimum_deployment_target=coremltools.target.iOS16)
    package.save(str(tmp_path / "Gather.mlpackage"))
    assert where_it_runs(tmp_path / "Gather.mlpackage").outside == {"the Neural Engine": {"gather": 1}}


def test_the_command_prints_a_table_and_nothing_else(
    converted: Path, offender: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert exit_code(main, converted / "model-int8.tflite", offender) == 0
    said = capfd.readouterr()
    assert said.err == ""
    assert "DEPTH_TO_SPACE" in said.out and "outside XNNPACK: 1 REVERSE_V2" in said.out


def test_a_flexible_package_leaves_the_neural_engine_but_at_its_default_size(tmp_path: Path) -> None:
    path = written(export_graph(tiny_student()), tmp_path / "M.mlpackage", sizes=[(64, 96)], flexible=True)
    places = where_it_runs(path)
    assert places.outside == {
        "the Neural Engine at 64x96": {},
        "the Neural Engine at any other size": places.operators,
    }
    assert say_where(places).endswith("at 64x96: none; outside the Neural Engine at any other size: all")


@pytest.mark.parametrize("name", ["broken.tflite", "broken.mlpackage", "missing.tflite", "model.onnx"])
def test_bad_file_is_one_line(tmp_path: Path, name: str) -> None:
    if "broken" in name:
        (tmp_path / name).write_bytes(b"TFL3 this is no model" * 9)
    with pytest.raises(UserError) as error:
        where_it_runs(tmp_path / name)
    assert name in str(error.value) and "\n" not in str(error.value)


def test_a_damaged_file_is_one_line(tmp_path: Path, converted: Path) -> None:
    content = (converted / "model-int8.tflite").read_bytes()
    (tmp_path / "cut.tflite").write_bytes(content[: len(content) * 4 // 5])
    with pytest.raises(UserError, match="cut.tflite: not readable"):
        where_it_runs(tmp_path / "cut.tflite")
