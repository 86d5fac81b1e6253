"""ONNX networks as exporters leave them: half precision, and training mode."""

from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import NodeProto, TensorProto, helper, numpy_helper

from pix2phone.errors import UserError
from pix2phone.external.engine import Engine
from pix2phone.external.exported import inference_session, is_half, load_single, training_operator
from train.styles import load_style
from train.styles.choice import StyleChoice

HALF, SINGLE, SHAPE = TensorProto.FLOAT16, TensorProto.FLOAT, ["n", 3, "h", "w"]


def save(path: Path, nodes: list[NodeProto], kind: int = SINGLE, weights: tuple = (), opset: int = 17) -> Path:
    ends = [helper.make_tensor_value_info(name, kind, SHAPE) for name in "xy"]
    graph = helper.make_graph(nodes, "net", ends[:1], ends[1:], list(weights))
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=9), path)
    return path


def save_half(path: Path, kind: int) -> Path:
    """Half floats as weight, as constant, by a cast, and in a branch; `kind` at both ends."""
    half = numpy_helper.from_array(np.float16(0.5))
    inner = [helper.make_node("Constant", [], ["c"], value=half), helper.make_node("Mul", ["b", "c"], ["t"])]
    taken = helper.make_graph(inner, "then", [], [helper.make_tensor_value_info("t", HALF, SHAPE)])
    other = helper.make_graph(
        [helper.make_node("Neg", ["b"], ["e"])], "else", [], [helper.make_tensor_value_info("e", HALF, SHAPE)]
    )
    nodes = [
        helper.make_node("Cast", ["x"], ["a"], to=HALF),
        helper.make_node("Conv", ["a", "kernel"], ["b"], pads=[1, 1, 1, 1]),
        helper.make_node("If", ["always"], ["d"], then_branch=taken, else_branch=other),
        helper.make_node("Cast", ["d"], ["y"], to=kind),
    ]
    kernel = np.random.default_rng(0).normal(0, 0.2, (3, 3, 3, 3)).astype(np.float16)
    weights = (numpy_helper.from_array(kernel, "kernel"), numpy_helper.from_array(np.array(True), "always"))
    return save(path, nodes, kind, weights)


@pytest.mark.parametrize("kind", [HALF, SINGLE])
def test_half_precision_becomes_single_throughout(tmp_path: Path, kind: int) -> None:
    path = save_half(tmp_path / "net.onnx", kind)
    assert is_half(onnx.load(path))
    model = load_single(path)
    onnx.checker.check_model(model, full_check=True)
    assert not is_half(model) and b"float16" not in onnx.printer.to_text(model).encode()
    image = np.random.default_rng(1).random((1, 3, 9, 12), np.float32)
    engine = Engine(inference_session(path))
    assert engine.dtype == "float32"
    kernel = numpy_helper.to_array(onnx.load(path).graph.initializer[0]).astype(np.float32)
    padded = np.pad(image, ((0, 0), (0, 0), (1, 1), (1, 1)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, (3, 3), axis=(2, 3))
    wanted = 0.5 * np.einsum("nchwyx,ocyx->nohw", windows, kernel)
    np.testing.assert_allclose(engine(image), wanted, atol=1e-6)


def test_a_network_in_single_precision_is_read_as_it_is(tmp_path: Path) -> None:
    path = save(tmp_path / "net.onnx", [helper.make_node("Neg", ["x"], ["y"])])
    assert load_single(path) == onnx.load(path) and not is_half(onnx.load(path))


def norm(**attributes: int) -> NodeProto:
    outputs = ["y", "m", "v"] if attributes.get("training_mode") else ["y"]
    return helper.make_node("BatchNormalization", ["x", "one", "one", "one", "one"], outputs, **attributes)


def dropout(flag: str) -> NodeProto:
    return helper.make_node("Dropout", ["x", "ratio", flag], ["y"])


@pytest.mark.parametrize(
    ("nodes", "operator"),
    [
        ([norm(training_mode=1)], "BatchNormalization"),
        ([norm()], ""),
        ([dropout("yes")], "Dropout"),
        ([dropout("no")], ""),
        (
            [helper.make_node("Constant", [], ["c"], value=numpy_helper.from_array(np.array(True))), dropout("c")],
            "Dropout",
        ),
        ([helper.make_node("Dropout", ["x"], ["y"])], ""),
    ],
)
def test_training_mode_is_named(tmp_path: Path, nodes: list[NodeProto], operator: str) -> None:
    weights = {"one": np.ones(3, np.float32), "ratio": np.float32(0.5), "yes": np.array(True), "no": np.array(False)}
    path = save(tmp_path / "net.onnx", nodes, weights=tuple(numpy_helper.from_array(v, k) for k, v in weights.items()))
    assert training_operator(onnx.load(path)) == operator
    if not operator:
        inference_session(path)
        return
    with pytest.raises(UserError, match=operator):
        inference_session(path)
    with pytest.raises(UserError, match=rf"--style: {path}: .*\({operator}\).*eval") as error:
        load_style(StyleChoice(str(path)))
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("name", ["net.pt", "net.PTH", "weights.pkl", "model.ckpt", "model.h5", "Model.keras"])
def test_a_style_without_its_code_says_how_to_export_it(name: str) -> None:
    with pytest.raises(UserError, match=f"--style: {name}: .*onnx"):
        load_style(StyleChoice(name))
