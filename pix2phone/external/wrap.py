"""An ONNX network with layout and convention of its own, made to take and give pictures as our ONNX files do."""

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import ModelProto, NodeProto, TensorProto, compose, helper, numpy_helper

from pix2phone.errors import CheckFailed, first_line
from pix2phone.external.convention import Affine, Convention
from pix2phone.external.inputs import choose_output, share
from pix2phone.external.torchscript import without_dead_nodes
from pix2phone.runtimes.onnx_session import OnnxSession
from pix2phone.runtimes.session import TensorInfo

PREFIX = "net/"  # of every name in the original, so that ours are free


def wrap(model: ModelProto, layout: str, convention: Convention, grey: bool = False) -> ModelProto:
    """`image` -> `painted`, N x 3 x H x W float32 in [0, 1], for a `model` of `layout` and `convention`.

    The network within stays as it is, but for inputs that the convention gives values, which become constants, and
    outputs that it does not name, which go; N, H and W are fixed where its own input fixes them. Its output has one
    channel if it is `grey`.
    """
    weights = {tensor.name for tensor in model.graph.initializer}
    picture, constants = share([_info(value) for value in model.graph.input if value.name not in weights], convention)
    place = choose_output([_info(value) for value in model.graph.output], convention)
    wrapped = compose.add_prefix(model, PREFIX)
    graph = wrapped.graph
    inputs = {value.name: value for value in graph.input}
    entry, result = inputs.pop(PREFIX + picture.name), graph.output[place]
    if len(graph.output) > 1:
        del graph.output[:]
        graph.output.append(result)
        without_dead_nodes(wrapped)
    for name, values in constants.items():
        del inputs[PREFIX + name]
        graph.initializer.append(numpy_helper.from_array(values, PREFIX + name))
    given, made = (value.type.tensor_type.elem_type for value in (entry, result))
    turn = _turn(convention.bgr)
    enter = [*turn, *_enter(given, convention.entry), *_transpose(layout, (0, 2, 3, 1))]
    leave = [*_transpose(layout, (0, 3, 1, 2)), *_leave(made, convention.exit, grey), *turn]
    chain, shape = _Chain(graph), _shape(entry, layout)
    nodes = [*chain.nodes("image", enter, entry.name), *graph.node, *chain.nodes(result.name, leave, "painted")]
    del graph.node[:], graph.input[:], graph.output[:]
    graph.node.extend(nodes)
    graph.input.extend([helper.make_tensor_value_info("image", TensorProto.FLOAT, shape), *inputs.values()])
    graph.output.append(helper.make_tensor_value_info("painted", TensorProto.FLOAT, shape))
    return wrapped


def _info(value: onnx.ValueInfoProto) -> TensorInfo:
    kind = value.type.tensor_type
    shape = [dim.dim_value or dim.dim_param or None for dim in kind.shape.dim]
    return TensorInfo(value.name, shape, helper.tensor_dtype_to_np_dtype(kind.elem_type).name)


def plain(model: ModelProto, size: tuple[int, int] | None) -> ModelProto:
    """The network of `wrap` for one picture, of `size` (height, width) if given, with constants computed beforehand.

    onnxruntime folds them, without operators of its own in the result: converters fail on shapes computed in the graph.
    CheckFailed when it cannot.
    """
    fixed = ModelProto()
    fixed.CopyFrom(model)
    dims = fixed.graph.input[0].type.tensor_type.shape.dim
    for place, side in [(0, 1), *zip((2, 3), size or (), strict=False)]:
        dims[place].dim_value = side
    del fixed.graph.value_info[:]
    fixed.graph.output[0].type.tensor_type.ClearField("shape")
    with tempfile.TemporaryDirectory() as folder:
        written = Path(folder) / "plain.onnx"
        try:
            OnnxSession(fixed.SerializeToString(), optimise="basic", written=written)
        except Exception as error:  # it has a kind for each of its error codes
            raise CheckFailed(f"onnxruntime cannot prepare it for the converters ({first_line(error)})") from None
        return onnx.load(written)


Step = tuple[str, Sequence[float] | np.ndarray, dict[str, Any]]  # operator, constant operand if any, attributes
BYTES = Affine((1 / 255,) * 3, (0.0,) * 3)


def _enter(kind: int, affine: Affine) -> list[Step]:
    """From [0, 1] to the network's own numbers; bytes are rounded."""
    if kind == TensorProto.UINT8:
        return [("Mul", [255.0], {}), ("Add", [0.5], {}), ("Floor", [], {}), ("Cast", [], {"to": kind})]
    cast: list[Step] = [] if kind == TensorProto.FLOAT else [("Cast", [], {"to": kind})]
    return [*_affine(affine), *cast]


def _leave(kind: int, affine: Affine, grey: bool) -> list[Step]:
    """From the network's own numbers to [0, 1]; a grey picture of one channel becomes three."""
    cast: list[Step] = [] if kind == TensorProto.FLOAT else [("Cast", [], {"to": TensorProto.FLOAT})]
    return [*cast, *_affine(BYTES if kind == TensorProto.UINT8 else affine, grey)]


def _affine(affine: Affine, spread: bool = False) -> list[Step]:
    scale, shift = (np.array(values, np.float32)[:, None, None] for values in affine)
    steps: list[Step] = [("Mul", scale, {}), ("Add", shift, {})]
    return [
        step for step, needed in zip(steps, (spread or (scale != 1).any(), (shift != 0).any()), strict=True) if needed
    ]


def _turn(bgr: bool) -> list[Step]:
    """RGB to the network's order of channels, and back."""
    return [("Gather", np.array([2, 1, 0]), {"axis": 1})] if bgr else []


def _transpose(layout: str, order: Sequence[int]) -> list[Step]:
    return [("Transpose", [], {"perm": order})] if layout == "nhwc" else []


class _Chain:
    """Writes operators one after another; their constants go into `graph`."""

    def __init__(self, graph: onnx.GraphProto) -> None:
        self.graph = graph

    def nodes(self, first: str, steps: list[Step], last: str) -> list[NodeProto]:
        """Operators that make `last` of `first`; where there are none to make, one that changes nothing."""
        nodes, steps = [], steps or [("Identity", [], {})]
        for place, (operator, constant, attributes) in enumerate(steps, start=1):
            inputs, output = [first], last if place == len(steps) else f"{last}/{place}"
            if len(constant):
                inputs.append(f"{output}/{operator}")
                values = np.array(constant, np.float32) if isinstance(constant, list) else np.asarray(constant)
                self.graph.initializer.append(numpy_helper.from_array(values, inputs[1]))
            nodes.append(helper.make_node(operator, inputs, [output], f"{output}/{operator}", **attributes))
            first = output
        return nodes


def _shape(entry: onnx.ValueInfoProto, layout: str) -> list[int | str]:
    dims = entry.type.tensor_type.shape.dim
    batch, *rest = [dim.dim_value for dim in dims] or [0, 0, 0, 0]
    height, width = rest[1:] if layout == "nchw" else rest[:2]
    return [batch or "n", 3, height or "height", width or "width"]
