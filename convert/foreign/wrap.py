"""An ONNX network with layout and range of its own, made to take and give pictures as our ONNX files do."""

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import ModelProto, NodeProto, TensorProto, compose, helper, numpy_helper

from pix2phone.errors import CheckFailed
from train.styles.network import reason

PREFIX = "net/"  # of every name in the original, so that ours are free


def wrap(model: ModelProto, layout: str, value_range: tuple[float, float]) -> ModelProto:
    """`image` -> `painted`, N x 3 x H x W float32 in [0, 1], for a `model` of `layout` whose black and white are given.

    The network within stays as it is; N, H and W are fixed where its own input fixes them.
    """
    wrapped = compose.add_prefix(model, PREFIX)
    graph = wrapped.graph
    weights = {tensor.name for tensor in graph.initializer}
    (entry,) = (value for value in graph.input if value.name not in weights)
    (result,) = graph.output
    given, made = (value.type.tensor_type.elem_type for value in (entry, result))
    low, high = value_range
    chain = _Chain(graph)
    before = chain.nodes("image", [*_enter(given, low, high), *_transpose(layout, (0, 2, 3, 1))], entry.name)
    black, white = (0.0, 255.0) if made == TensorProto.UINT8 else value_range
    after = chain.nodes(result.name, [*_transpose(layout, (0, 3, 1, 2)), *_leave(made, black, white)], "painted")
    nodes = [*before, *graph.node, *after]
    del graph.node[:]
    graph.node.extend(nodes)
    shape = _shape(entry, layout)
    others = [value for value in graph.input if value.name in weights]
    del graph.input[:], graph.output[:]
    graph.input.extend([helper.make_tensor_value_info("image", TensorProto.FLOAT, shape), *others])
    graph.output.append(helper.make_tensor_value_info("painted", TensorProto.FLOAT, shape))
    return wrapped


def plain(model: ModelProto, size: tuple[int, int] | None) -> ModelProto:
    """What `wrap` made, for one picture, of `size` (height, width) if given, with constants computed beforehand.

    onnxruntime does it, with nothing left that is its own: converters stumble over shapes computed on the way.
    CheckFailed when it cannot.
    """
    import onnxruntime

    fixed = ModelProto()
    fixed.CopyFrom(model)
    dims = fixed.graph.input[0].type.tensor_type.shape.dim
    for place, side in [(0, 1), *zip((2, 3), size or (), strict=False)]:
        dims[place].dim_value = side
    del fixed.graph.value_info[:]
    fixed.graph.output[0].type.tensor_type.ClearField("shape")
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
    with tempfile.TemporaryDirectory() as folder:
        options.optimized_model_filepath = str(Path(folder) / "plain.onnx")
        try:
            onnxruntime.InferenceSession(fixed.SerializeToString(), options, providers=["CPUExecutionProvider"])
        except Exception as error:  # it has a kind for each of its error codes
            raise CheckFailed(f"onnxruntime cannot prepare it for the converters ({reason(error)})") from None
        return onnx.load(options.optimized_model_filepath)


Step = tuple[str, Sequence[float], dict[str, Any]]  # operator, constant operand if any, attributes


def _enter(kind: int, low: float, high: float) -> list[Step]:
    """From [0, 1] to the network's own numbers; bytes are rounded."""
    if kind == TensorProto.UINT8:
        return [("Mul", [255.0], {}), ("Add", [0.5], {}), ("Floor", [], {}), ("Cast", [], {"to": kind})]
    cast: list[Step] = [] if kind == TensorProto.FLOAT else [("Cast", [], {"to": kind})]
    return [*_affine(high - low, low), *cast]


def _leave(kind: int, low: float, high: float) -> list[Step]:
    cast: list[Step] = [] if kind == TensorProto.FLOAT else [("Cast", [], {"to": TensorProto.FLOAT})]
    return [*cast, *_affine(1 / (high - low), -low / (high - low))]


def _affine(scale: float, shift: float) -> list[Step]:
    steps: list[Step] = [("Mul", [scale], {}), ("Add", [shift], {})]
    return [step for step, needed in zip(steps, (scale != 1, shift != 0), strict=True) if needed]


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
            if constant:
                inputs.append(f"{output}/{operator}")
                self.graph.initializer.append(numpy_helper.from_array(np.array(constant, np.float32), inputs[1]))
            nodes.append(helper.make_node(operator, inputs, [output], f"{output}/{operator}", **attributes))
            first = output
        return nodes


def _shape(entry: onnx.ValueInfoProto, layout: str) -> list[int | str]:
    dims = entry.type.tensor_type.shape.dim
    batch, *rest = [dim.dim_value for dim in dims] or [0, 0, 0, 0]
    height, width = rest[1:] if layout == "nchw" else rest[:2]
    return [batch or "n", 3, height or "height", width or "width"]
