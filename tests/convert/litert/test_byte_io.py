"""The ends of an int8 LiteRT file: by way of float32 no byte changes, and XNNPACK takes every operator."""

from pathlib import Path

import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as schema
from ai_edge_litert.interpreter import Interpreter
from made_files import save_student

import convert.litert.write
from compress.graph import export_graph
from compress.load import load
from convert.litert.write import write_tflite

pytestmark = pytest.mark.converter


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The same student's int8 file as TensorFlow writes it, and as it is kept."""
    folder = tmp_path_factory.mktemp("ends")
    student = load(save_student(folder / "small.safetensors", with_int8=True))
    paths = folder / "direct.tflite", folder / "kept.tflite"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(convert.litert.write, "by_way_of_float", lambda content: content)
        write_tflite(export_graph(student.model), paths[0], "int8", student.ranges)
    write_tflite(export_graph(student.model), paths[1], "int8", student.ranges)
    return paths


def painted(path: Path, picture: np.ndarray) -> tuple[np.ndarray, list[str]]:
    """The file's output, and the operators it runs."""
    interpreter = Interpreter(str(path))
    interpreter.resize_tensor_input(interpreter.get_input_details()[0]["index"], picture[None].shape)
    interpreter.allocate_tensors()
    interpreter.set_tensor(interpreter.get_input_details()[0]["index"], picture[None])
    interpreter.invoke()
    names = [step["op_name"] for step in interpreter._get_ops_details()]
    return interpreter.get_tensor(interpreter.get_output_details()[0]["index"])[0], names


@pytest.mark.parametrize("size", [(64, 64), (96, 132), (4, 8)])
def test_not_one_byte_changes(files: tuple[Path, Path], size: tuple[int, int]) -> None:
    picture = np.random.default_rng(0).integers(0, 256, (*size, 3), dtype=np.uint8)
    (direct, _), (kept, _) = (painted(path, picture) for path in files)
    assert np.array_equal(direct, kept)


def test_nothing_is_left_for_the_slow_kernel(files: tuple[Path, Path]) -> None:
    direct, kept = (_between_bytes(path) for path in files)
    assert len(direct) == 2  # else this test shows nothing
    assert kept == []
    names = painted(files[1], np.zeros((64, 64, 3), np.uint8))[1]
    assert names.count("DELEGATE") == 1


def _between_bytes(path: Path) -> list[int]:
    """The places of QUANTIZE operators that take uint8 and give int8, or the other way."""
    model = schema.ModelT.InitFromPackedBuf(path.read_bytes())
    graph, codes = model.subgraphs[0], [code.builtinCode for code in model.operatorCodes]
    mixed = {schema.TensorType.UINT8, schema.TensorType.INT8}
    return [
        place
        for place, step in enumerate(graph.operators)
        if codes[step.opcodeIndex] == schema.BuiltinOperator.QUANTIZE
        and {graph.tensors[index].type for index in (step.inputs[0], step.outputs[0])} == mixed
    ]
