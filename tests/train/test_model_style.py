"""Any network in ONNX or TFLite form paints the targets, whatever its layout, range, type and size."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from threading import Barrier
from typing import Any

import flatbuffers
import numpy as np
import onnx
import pytest
from ai_edge_litert import schema_py_generated as schema
from onnx import TensorProto, helper, numpy_helper
from tiny import write_pairs

from pix2phone.errors import UserError
from pix2phone.external.convention import RANGES, Convention
from pix2phone.external.engine import Engine
from pix2phone.pictures import write_picture
from pix2phone.runtimes.litert_session import LiteRTSession
from pix2phone.runtimes.onnx_session import OnnxSession
from pix2phone.runtimes.per_thread import PerThread
from train.data.paired import train_pairs
from train.data.source import Painted
from train.styles import Style, load_style
from train.styles.choice import PREFIX, StyleChoice
from train.styles.onnx_model import load_model_style

KINDS = {"float32": TensorProto.FLOAT, "float16": TensorProto.FLOAT16, "uint8": TensorProto.UINT8}


def save_onnx(path: Path, shape: list, kind: str, nodes: list, constants: list, out_shape: list | None = None) -> Path:
    """A model of `nodes` from "x" to "y"."""
    ends = [
        helper.make_tensor_value_info(name, KINDS[kind], sides)
        for name, sides in (("x", shape), ("y", out_shape or shape))
    ]
    graph = helper.make_graph(nodes, "style", ends[:1], ends[1:], constants)
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=10), path)
    return path


def save_negative(path: Path, layout: str, value_range: str, kind: str = "float32", sides: tuple = ("h", "w")) -> Path:
    """low + high - x: the negative of a picture in that range."""
    shape = [1, 3, *sides] if layout == "nchw" else [1, *sides, 3]
    white = helper.make_tensor("white", KINDS[kind], [], [sum(RANGES[value_range])])
    return save_onnx(path, shape, kind, [helper.make_node("Sub", ["white", "x"], ["y"])], [white])


def said(path: Path, **flags: Any) -> StyleChoice:
    """The network at `path` as a look, with its convention by flags."""
    return StyleChoice(str(path), network=Convention(prefix=PREFIX, **flags))


@pytest.fixture
def photo() -> np.ndarray:
    """50 x 70, sides that are no multiple of anything; black and white are in it."""
    return np.random.default_rng(0).integers(0, 256, (50, 70, 3), dtype=np.uint8)


def is_negative(style: Style, photo: np.ndarray) -> bool:
    photo = style.prepare(photo)
    painted = style.paint(photo)
    return painted.dtype == np.uint8 and painted.shape == photo.shape and np.abs(painted - (255.0 - photo)).max() <= 1


@pytest.mark.parametrize("layout", ["nchw", "nhwc"])
@pytest.mark.parametrize("value_range", RANGES)
@pytest.mark.parametrize("kind", ["float32", "float16"])
@pytest.mark.parametrize("sides", [("h", "w"), (48, 64)])
def test_float_networks_are_understood_without_flags(
    tmp_path: Path, photo: np.ndarray, layout: str, value_range: str, kind: str, sides: tuple
) -> None:
    path = save_negative(tmp_path / "negative.onnx", layout, value_range, kind, sides)
    style = load_style(StyleChoice(str(path)))
    assert style.size == (None if sides == ("h", "w") else sides)
    assert is_negative(style, photo)


@pytest.mark.parametrize("layout", ["nchw", "nhwc"])
def test_uint8_networks_are_understood_without_flags(tmp_path: Path, photo: np.ndarray, layout: str) -> None:
    path = save_negative(tmp_path / "negative.onnx", layout, "0..255", "uint8")
    assert is_negative(load_style(StyleChoice(str(path))), photo)


def test_flags_overrule_what_the_file_seems_to_say(tmp_path: Path, photo: np.ndarray) -> None:
    path = save_onnx(tmp_path / "same.onnx", [1, 3, 3, 3], "float32", [helper.make_node("Identity", ["x"], ["y"])], [])
    with pytest.raises(UserError, match=r"\[1, 3, 3, 3\].*--style-layout"):
        load_style(StyleChoice(str(path)))
    style = load_style(said(path, layout="nhwc", input_range="0..255"))
    assert style.size == (3, 3) and np.array_equal(style.paint(photo[:3, :3]), photo[:3, :3])
    identities = {
        load_style(said(path, layout="nchw", input_range=name, output_range=name)).identity for name in RANGES
    }
    assert len(identities) == 3  # each has a cache of its own


def test_a_network_is_the_painter_of_a_training_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for index in range(4):
        noise = np.random.default_rng(index).integers(0, 256, (40, 60, 3), dtype=np.uint8)
        write_picture(tmp_path / "photos" / f"{index}.png", noise)
    path = save_negative(tmp_path / "negative.onnx", "nchw", "-1..1", sides=(24, 32))
    pairs = [pair.read() for pair in train_pairs(Painted(("photos",), StyleChoice(str(path))))]
    assert pairs and all(photo.shape == (24, 32, 3) for photo, _ in pairs)
    assert all(np.abs(target - (255.0 - photo)).max() <= 1 for photo, target in pairs)


def save_tflite_negative(path: Path, sides: tuple, kind: str) -> Path:
    """The same as a TFLite file, NHWC in 0..1 or uint8; -1 in `sides` is free. Written by hand: no converter is needed.

    float32: 1 - x. uint8: a table of 256 entries, looked up.
    """
    types = {"float32": schema.TensorType.FLOAT32, "uint8": schema.TensorType.UINT8, "int32": schema.TensorType.INT32}
    buffers = [schema.BufferT()]
    graph = schema.SubGraphT()
    graph.tensors, graph.operators, codes = [], [], []

    def tensor(name: str, signature: list, kind: str, data: np.ndarray | None = None) -> int:
        made = schema.TensorT()
        made.name, made.type, made.buffer = name, types[kind], 0
        made.shape, made.shapeSignature = [max(1, side) for side in signature], signature
        if data is not None:
            made.buffer = len(buffers)
            buffers.append(schema.BufferT())
            buffers[-1].data = np.frombuffer(data.tobytes(), np.uint8)
        graph.tensors.append(made)
        return len(graph.tensors) - 1

    def operator(name: str, inputs: list[int], output: int) -> None:
        made, code = schema.OperatorT(), schema.OperatorCodeT()
        code.builtinCode = code.deprecatedBuiltinCode = getattr(schema.BuiltinOperator, name.upper())
        made.opcodeIndex, made.inputs, made.outputs = len(codes), inputs, [output]
        made.builtinOptionsType = getattr(schema.BuiltinOptions, f"{name}Options")
        made.builtinOptions = getattr(schema, f"{name}OptionsT")()
        codes.append(code)
        graph.operators.append(made)

    shape = [1, *sides, 3]
    x, y = tensor("x", shape, kind), tensor("y", shape, kind)
    if kind == "float32":
        operator("Sub", [tensor("white", [1], kind, np.ones(1, np.float32)), x], y)
    else:
        index = tensor("index", shape, "int32")
        operator("Cast", [x], index)
        operator("Gather", [tensor("table", [256], kind, np.arange(255, -1, -1, dtype=np.uint8)), index], y)
    graph.inputs, graph.outputs = [x], [y]
    model = schema.ModelT()
    model.version, model.operatorCodes, model.subgraphs, model.buffers = 3, codes, [graph], buffers
    builder = flatbuffers.Builder(1024)
    builder.Finish(model.Pack(builder), b"TFL3")
    path.write_bytes(builder.Output())
    return path


@pytest.mark.parametrize(("sides", "kind"), [((-1, -1), "float32"), ((48, 64), "float32"), ((48, 64), "uint8")])
def test_tflite_networks_too(tmp_path: Path, photo: np.ndarray, sides: tuple, kind: str) -> None:
    style = load_style(StyleChoice(str(save_tflite_negative(tmp_path / "negative.tflite", sides, kind))))
    assert style.size == (None if sides == (-1, -1) else sides)
    assert is_negative(style, photo) and is_negative(style, photo[:40, :33]) and is_negative(style, photo)


def save_resized(path: Path) -> Path:
    """Gives a picture of half the size."""
    nodes = [helper.make_node("AveragePool", ["x"], ["y"], kernel_shape=[2, 2], strides=[2, 2])]
    return save_onnx(path, [1, 3, "h", "w"], "float32", nodes, [], [1, 3, "h2", "w2"])


def save_classifier(path: Path) -> Path:
    nodes = [helper.make_node("ReduceMean", ["x"], ["y"], axes=[2, 3], keepdims=0)]
    return save_onnx(path, [1, 3, "h", "w"], "float32", nodes, [], [1, 3])


def save_infinite(path: Path) -> Path:
    zero = helper.make_tensor("zero", TensorProto.FLOAT, [], [0.0])
    return save_onnx(path, [1, 3, "h", "w"], "float32", [helper.make_node("Div", ["x", "zero"], ["y"])], [zero])


def save_two_inputs(path: Path) -> Path:
    ends = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, 3, "h", "w"]) for name in ("x", "z", "y")]
    graph = helper.make_graph([helper.make_node("Add", ["x", "z"], ["y"])], "style", ends[:2], ends[2:])
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=10), path)
    return path


def save_double(path: Path) -> Path:
    ends = [helper.make_tensor_value_info(name, TensorProto.DOUBLE, [1, 3, "h", "w"]) for name in ("x", "y")]
    graph = helper.make_graph([helper.make_node("Identity", ["x"], ["y"])], "style", ends[:1], ends[1:])
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=10), path)
    return path


def save_flat(path: Path) -> Path:
    return save_onnx(path, [1, 300], "float32", [helper.make_node("Identity", ["x"], ["y"])], [])


@pytest.mark.parametrize(
    ("save", "flags", "line"),
    [
        (lambda path: path, {}, "no such file; name an .onnx or .tflite model"),
        (lambda path: path.write_text("weights"), {}, "unreadable model .*; export it again"),
        (save_resized, {}, "makes \\d+x\\d+ of \\d+x\\d+; its output must have its input's size"),
        (
            save_classifier,
            {},
            r"makes float32 numbers of shape \(1, 3\) of a \d+x\d+ nchw picture; it must make a picture",
        ),
        (save_infinite, {}, "makes infinities or no numbers; see --style-range"),
        (save_two_inputs, {}, r"takes x \(1x3xhxw\), z \(1x3xhxw\); give all but .* by --style-input NAME=VALUES"),
        (save_double, {}, "takes float64; export it with float or uint8"),
        (save_flat, {}, r"input shape \[1, 300\] does not tell the layout"),
        (save_flat, {"layout": "nhwc"}, r"input shape \[1, 300\] is no picture's"),
        (save_classifier, {"layout": "nhwc"}, r"cannot paint \d+x\d+ as nhwc .*; see --style-layout"),
    ],
)
def test_what_cannot_paint_is_said_once_in_one_line(
    tmp_path: Path, save: Callable[[Path], object], flags: dict[str, str], line: str, capfd: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "model.onnx"
    save(path)
    with pytest.raises(UserError, match=f"^--style: {path}: {line}") as error:
        load_style(said(path, **flags))
    assert "\n" not in str(error.value)
    assert capfd.readouterr().err == ""  # the runtime has nothing to add


def test_an_unreadable_tflite_file_is_named(tmp_path: Path) -> None:
    path = tmp_path / "model.tflite"
    path.write_text("weights")
    with pytest.raises(UserError, match=f"^--style: {path}: unreadable model") as error:
        load_style(StyleChoice(str(path)))
    assert "\n" not in str(error.value)


def test_a_tflite_file_that_wants_more_than_a_picture_is_refused(tmp_path: Path) -> None:
    """LiteRT would run it, with whatever the other input holds."""
    path = save_tflite_negative(tmp_path / "model.tflite", (48, 64), "float32")
    model = schema.ModelT.InitFromPackedBuf(path.read_bytes())
    graph = model.subgraphs[0]
    graph.inputs = [*graph.inputs, len(graph.tensors)]
    graph.tensors.append(graph.tensors[0])
    builder = flatbuffers.Builder(1024)
    builder.Finish(model.Pack(builder), b"TFL3")
    path.write_bytes(builder.Output())
    with pytest.raises(UserError, match=rf"^--style: {path}: takes x \(1x48x64x3\), x .*--style-input NAME=VALUES"):
        load_style(StyleChoice(str(path)))


def test_a_stroke_belongs_to_painterly_alone(tmp_path: Path) -> None:
    path = save_negative(tmp_path / "negative.onnx", "nchw", "0..1")
    with pytest.raises(UserError, match=r"^--stroke: 9\.0: .*painterly.*negative\.onnx"):
        load_style(StyleChoice(str(path), stroke=9.0))


def save_split(path: Path, white: float, place: str) -> Path:
    """white - x, whose constant lies in the file `place` beside `path`: an initialiser, or a node's in a subgraph."""
    model = onnx.load(save_negative(path, "nchw", "0..1"))
    constant = numpy_helper.from_array(np.full((1, 3, 1, 1), white, np.float32), "white")
    del model.graph.initializer[:]
    if place.startswith("node"):
        model.graph.node.insert(0, helper.make_node("Constant", [], ["white"], value=constant))
    else:
        model.graph.initializer.append(constant)
    path.with_name(place).unlink(missing_ok=True)
    onnx.save(model, path, save_as_external_data=True, location=place, size_threshold=0, convert_attribute=True)
    return path


@pytest.mark.parametrize("place", ["look.onnx.data", "weights.bin", "node.data"])
def test_weights_beside_the_file_are_part_of_the_look(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    monkeypatch.chdir(tmp_path)
    write_pairs(tmp_path / "pairs")
    targets = []
    for white in (1.0, 0.75):
        path = save_split(tmp_path / "look.onnx", white, place)
        assert (tmp_path / place).stat().st_size == 12
        alone = path.read_bytes()
        load_model_style.cache_clear()  # as in a process of its own
        pairs = train_pairs(Painted(("pairs/a",), said(path, input_range="0..1", output_range="0..1")))
        photo, target = pairs[0].read()
        assert np.abs(target - np.clip(255 * white - photo, 0, 255)).max() <= 1
        targets.append((alone, target.tobytes()))
    assert targets[0][0] == targets[1][0], "the .onnx file itself is the same"
    assert targets[0][1] != targets[1][1]


@pytest.mark.parametrize("name", ["look.onnx", "look.tflite"])
def test_threads_paint_at_once_without_disturbing_each_other(tmp_path: Path, name: str) -> None:
    path, kind = tmp_path / name, OnnxSession if name.endswith("onnx") else LiteRTSession
    save_negative(path, "nhwc", "0..1") if kind is OnnxSession else save_tflite_negative(path, (-1, -1), "float32")
    engine = Engine(PerThread(partial(kind, path)))
    photos = [np.random.default_rng(seed).random((1, 20 + seed, 30, 3), dtype=np.float32) for seed in range(4)]
    together = Barrier(len(photos), timeout=60)

    def paint(photo: np.ndarray) -> np.ndarray:
        engine.feed(photo)
        together.wait()  # all have put theirs in before the first is painted
        engine.run()
        together.wait()
        return engine.read()

    with ThreadPoolExecutor(len(photos)) as pool:
        for photo, painted in zip(photos, pool.map(paint, photos), strict=True):
            np.testing.assert_allclose(painted, 1 - photo, atol=1e-6)
    np.testing.assert_allclose(engine(photos[0]), 1 - photos[0], atol=1e-6)


@pytest.mark.parametrize("name", ["look.onnx", "look.tflite"])
def test_a_network_paints_as_many_pictures_at_once_as_there_are_threads(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    save_negative(path, "nhwc", "0..1") if name.endswith("onnx") else save_tflite_negative(path, (-1, -1), "float32")
    style = load_style(said(path, input_range="0..1", output_range="0..1"))
    photos = [np.random.default_rng(seed).integers(0, 256, (20 + seed, 30, 3), dtype=np.uint8) for seed in range(24)]
    with ThreadPoolExecutor(6) as pool:
        painted = list(pool.map(style.paint, photos))
    assert all(np.abs(made - (255.0 - photo)).max() <= 1 for made, photo in zip(painted, photos, strict=True))
