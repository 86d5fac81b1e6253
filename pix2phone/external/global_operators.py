"""Which operator of an ONNX network looks at the whole picture at once, so that no tile of it can be painted alone.

Norms over the picture, attention, global and adaptive pooling, softmax over space: each result depends on every pixel.
The network runs at two sizes. Axes whose lengths differ between the two are those of the picture, whatever the network
has made of them, and an operator that reduces over one of them, or leaves none, looks at all of it. A network that
takes but one size has the axes that are as long as the sides of a convolution's picture, or as the product of both.
"""

import re
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import onnx
from onnx import ModelProto, NodeProto, numpy_helper

from pix2phone.errors import CheckFailed, first_line
from pix2phone.runtimes.onnx_session import OnnxSession

TRIAL_SIDE = 96  # pixels, approximate: the size of the trial picture
STEP = 64  # pixels by which a fixed size is changed: a multiple of most networks'
PARTS = ("Slice", "Gather", "GatherND", "Split", "Shape", "Size")  # which leave some of the picture out, and mix none
Size = tuple[int, int]  # height, width
Values = dict[str, np.ndarray]
Axes = set[int]


def global_operator(model: ModelProto, multiple: int, size: Size | None = None) -> str:
    """The first operator of `model` that looks at the whole picture; "" if all look at neighbourhoods.

    `model` takes N x 3 x H x W float32 of one `size` (height, width), or of any sides that are multiples of `multiple`.
    Raises CheckFailed where onnxruntime cannot run it operator by operator.
    """
    runs = _runs(model, multiple, size)
    axes = _axes_by_size(*runs) if len(runs) > 1 else _axes_by_length(model, *runs)
    constants = {tensor.name: numpy_helper.to_array(tensor) for tensor in model.graph.initializer} | runs[0]
    for node in model.graph.node:
        if _reduces(node, constants, axes) or _leaves_none(node, constants, axes):
            return node.op_type
    return ""


def all_values(model: ModelProto, image: np.ndarray) -> Values:
    """The output of every node of `model` for `image`, by name, unoptimised; without those that are no tensors."""
    shown = ModelProto()
    shown.CopyFrom(model)
    outputs = {value.name for value in shown.graph.output}
    names = [name for node in shown.graph.node for name in node.output if name]
    shown.graph.output.extend(onnx.ValueInfoProto(name=name) for name in names if name not in outputs)
    session = OnnxSession(shown.SerializeToString(), optimise="none")
    session.wanted = names
    session.feed({shown.graph.input[0].name: image})
    session.run()
    return {name: value for name in names if isinstance(value := session.read(name), np.ndarray)}


def _runs(model: ModelProto, multiple: int, size: Size | None) -> list[Values]:
    """All values at two sizes, or at the one that the network takes."""
    count = -(-TRIAL_SIDE // multiple)
    sizes = [(multiple * count, multiple * (count + 1)), (multiple * (count + 1), multiple * (count + 3))]
    if size is None:
        return [_run(model, one) for one in sizes]
    first = _run(model, size)
    try:  # many networks are only said to take one size
        return [first, _run(_freed(model), (size[0] + STEP, size[1] + 2 * STEP))]
    except CheckFailed:
        return [first]


def _run(model: ModelProto, size: Size) -> Values:
    image = np.random.default_rng(0).random((1, 3, *size), np.float32)
    try:
        return {model.graph.input[0].name: image} | all_values(model, image)
    except Exception as error:  # onnxruntime has a kind for each of its error codes
        raise CheckFailed(f"its operators cannot be run one by one ({first_line(error)})") from None


def _freed(model: ModelProto) -> ModelProto:
    freed = ModelProto()
    freed.CopyFrom(model)
    del freed.graph.value_info[:]
    for value in (freed.graph.input[0], *freed.graph.output):
        for dimension, name in zip(value.type.tensor_type.shape.dim[2:], ("height", "width"), strict=False):
            dimension.dim_param = name
    return freed


def _axes_by_size(first: Values, second: Values) -> dict[str, Axes]:
    return {
        name: {
            axis for axis, sides in enumerate(zip(value.shape, second[name].shape, strict=False)) if len(set(sides)) > 1
        }
        for name, value in first.items()
        if name in second
    }


def _axes_by_length(model: ModelProto, values: Values) -> dict[str, Axes]:
    convolved = [values[name].shape[2:] for node in model.graph.node if node.op_type == "Conv" for name in node.output]
    pairs = {shape for shape in convolved if len(shape) == 2 and np.prod(shape) > 1}
    areas = {int(np.prod(pair)) for pair in pairs}
    found = {}
    for name, value in values.items():
        places = (axis for axis in range(1, value.ndim - 1) if value.shape[axis : axis + 2] in pairs)
        sides = {side for axis in places for side in (axis, axis + 1)}
        found[name] = sides | {axis for axis, length in enumerate(value.shape) if length in areas and value.ndim < 5}
    return found


def _reduces(node: NodeProto, values: Values, axes: dict[str, Axes]) -> bool:
    """Whether every result of `node` depends on all places along an axis of the picture."""
    rule = REDUCED.get(node.op_type)
    given = [values.get(name) for name in node.input]
    if rule is None or given[0] is None:
        return any(_reduces_within(inner) for inner in _held(node))
    attributes = {attribute.name: onnx.helper.get_attribute_value(attribute) for attribute in node.attribute}
    operands = rule(given, attributes)
    return any(
        axis % max(given[place].ndim, 1) in axes.get(node.input[place], ())  # type: ignore[union-attr]
        for place, reduced in operands.items()
        if place < len(given) and given[place] is not None
        for axis in reduced
    )


def _reduces_within(node: NodeProto) -> bool:
    """The same of a node in a branch or a loop, whose values are not seen: by its name alone."""
    return node.op_type in (*NORMS, *POOLS) or any(map(_reduces_within, _held(node)))


def _held(node: NodeProto) -> Iterator[NodeProto]:
    for attribute in node.attribute:
        yield from attribute.g.node


def _leaves_none(node: NodeProto, values: Values, axes: dict[str, Axes]) -> bool:
    """Whether the input has an axis of the picture and the output has none: told only by two sizes."""
    taken = [name for name in node.input if axes.get(name) and values[name].dtype.kind == "f"]
    made = [values[name] for name in node.output if name in values]
    if node.op_type in PARTS or not taken or not made or made[0].dtype.kind != "f":
        return False
    grown = max(values[name].size for name in taken)
    return not any(axes.get(name) for name in node.output) and made[0].size < grown


Given = list[np.ndarray | None]
Rule = Callable[[Given, dict[str, Any]], dict[int, list[int]]]  # by operand, the axes that are reduced over


def _ndim(given: Given) -> int:
    return given[0].ndim if given[0] is not None else 0


def _listed(given: Given, attributes: dict[str, Any]) -> dict[int, list[int]]:
    """Axes named in an attribute or a second operand; all of them where none is named."""
    named = attributes.get("axes", given[1] if len(given) > 1 else None)
    if named is None or np.size(named) == 0:
        return {0: [] if attributes.get("noop_with_empty_axes") else list(range(_ndim(given)))}
    return {0: np.ravel(named).tolist()}


def _one(default: int) -> Rule:
    return lambda given, attributes: {0: [attributes.get("axis", default)]}


def _from(default: int) -> Rule:
    """The axis named and all after it."""

    def rule(given: Given, attributes: dict[str, Any]) -> dict[int, list[int]]:
        return {0: list(range(attributes.get("axis", default) % _ndim(given), _ndim(given)))}

    return rule


def _sides(given: Given, attributes: dict[str, Any]) -> dict[int, list[int]]:
    return {0: list(range(2, _ndim(given)))}


def _gemm(given: Given, attributes: dict[str, Any]) -> dict[int, list[int]]:
    return {0: [0 if attributes.get("transA") else 1], 1: [1 if attributes.get("transB") else 0]}


def _einsum(given: Given, attributes: dict[str, Any]) -> dict[int, list[int]]:
    terms, _, result = attributes["equation"].decode().replace(" ", "").partition("->")
    gone = set(re.findall(r"\w", terms)) - set(result)
    return {place: [term.index(one) for one in gone & set(term)] for place, term in enumerate(terms.split(","))}


NORMS = ("InstanceNormalization", "GroupNormalization")
POOLS = ("GlobalAveragePool", "GlobalMaxPool", "GlobalLpPool")
REDUCTIONS = ("Mean", "Sum", "Max", "Min", "Prod", "L1", "L2", "LogSum", "LogSumExp", "SumSquare")
REDUCED: dict[str, Rule] = {
    **dict.fromkeys((*NORMS, *POOLS), _sides),
    **{f"Reduce{name}": _listed for name in REDUCTIONS},
    **dict.fromkeys(("Softmax", "LogSoftmax", "Hardmax", "LpNormalization", "TopK"), _one(-1)),
    **dict.fromkeys(("ArgMax", "ArgMin"), _one(0)),
    **dict.fromkeys(("LayerNormalization", "RMSNormalization"), _from(-1)),
    "MeanVarianceNormalization": lambda given, attributes: {0: attributes.get("axes", [0, 2, 3])},
    "CumSum": lambda given, attributes: {0: [] if given[1] is None else np.ravel(given[1]).tolist()},
    "MatMul": lambda given, attributes: {0: [-1], 1: [-2]},
    "Gemm": _gemm,
    "Einsum": _einsum,
    "Attention": lambda given, attributes: {0: [-2]},
    "DFT": lambda given, attributes: {0: list(range(1, _ndim(given) - 1))},
    **dict.fromkeys(("LSTM", "GRU", "RNN"), lambda given, attributes: {0: [0]}),
    "GridSample": _sides,
}
