"""Building blocks of an ONNX graph, and the padding around a network that takes only some sizes."""

from typing import Any

import numpy as np
from onnx import NodeProto, TensorProto, helper, numpy_helper


class Parts:
    """The nodes and constants of a graph as they are written; equal constants are stored once."""

    def __init__(self) -> None:
        self.nodes: list[NodeProto] = []
        self.constants: dict[tuple[Any, ...], TensorProto] = {}

    def call(self, operator: str, name: str, *inputs: str, **attributes: Any) -> str:
        """Add a node; `name` is the name of the node and of its only value, and is returned."""
        self.nodes.append(helper.make_node(operator, inputs, [name], name, **attributes))
        return name

    def constant(self, name: str, values: Any) -> str:
        """The name of a constant of these values: `name`, or that of an existing equal constant."""
        array = np.ascontiguousarray(values).reshape(np.shape(values))
        key = (array.dtype.str, array.shape, array.tobytes())
        return self.constants.setdefault(key, numpy_helper.from_array(array, name)).name


def pad(parts: Parts, image: str, multiple: int) -> str:
    """Pad N x C x H x W at the right and the bottom by the rule of `train.models.generator.pad_to_multiple`.

    Row H + i is row H - 2 - i, or row H - 1 if the picture is thinner than the padding on either side.
    """
    if multiple == 1:
        return image
    shape = parts.call("Shape", "sides", image, start=2, end=4)
    factor, one = parts.constant("multiple", np.int64(multiple)), parts.constant("one", np.int64(1))
    added = parts.call("Mod", "added", parts.call("Neg", "minus_sides", shape), factor)
    spare = parts.call("ReduceMin", "spare", parts.call("Sub", "sides_less_added", shape, added), keepdims=0)
    stride = parts.call("Clip", "stride", spare, parts.constant("zero", np.int64(0)), one)  # 0: repeat the border
    for axis, side in ((2, "height"), (3, "width")):
        place = parts.constant(f"{side}_place", np.int64(axis - 2))
        last = parts.call("Sub", f"{side}_last", parts.call("Gather", f"{side}", shape, place), one)
        end = parts.call("Add", f"{side}_end", parts.call("Gather", f"{side}_added", added, place), one)
        back = parts.call("Mul", f"{side}_back", parts.call("Range", f"{side}_range", one, end, one), stride)
        mirror = parts.call("Gather", f"{side}_mirror", image, parts.call("Sub", f"{side}_from", last, back), axis=axis)
        image = parts.call("Concat", f"{side}_padded", image, mirror, axis=axis)
    return image


def crop(parts: Parts, name: str, picture: str, multiple: int) -> str:
    """Undo `pad`."""
    if multiple == 1:
        return parts.call("Identity", name, picture)
    zeros, axes = parts.constant("corner", np.array([0, 0])), parts.constant("rows_columns", np.array([2, 3]))
    return parts.call("Slice", name, picture, zeros, "sides", axes)
