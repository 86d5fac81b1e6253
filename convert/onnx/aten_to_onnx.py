"""The table from aten operators to ONNX's; each result is called by its node's name."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, NoReturn

import numpy as np
import torch
from torch.fx import Node

from compress.graph import aten
from compress.int8.quantize import Ranges, kernel_scales, scale_and_zero
from convert.channel_order import Order, kernel_in_order, ordered, shuffled
from convert.onnx.parts import Parts
from pix2phone.errors import CheckFailed

ON_BYTES = (  # what only moves or picks values, and onnxruntime can do on uint8
    aten.pixel_shuffle.default,
    aten.cat.default,
    aten.max_pool2d.default,
    aten.upsample_nearest2d.vec,
    aten.view.default,
)
LARGEST_BIAS = 2**30  # in steps, of the 2^31 that an int32 has
MIDDLE = 128  # the level of a kernel that is zero


@dataclass(frozen=True)
class Plan:
    """What is decided before anything is written, and what has been written: `parts`."""

    orders: dict[Node, Order]
    ranges: Ranges
    int8: set[Node]  # the convolutions with a kernel of 8 bits
    parts: Parts = field(default_factory=Parts)

    def call(self, operator: str, node: Node, *inputs: str, **attributes: Any) -> str:
        """Add the operator that computes `node`."""
        return self.parts.call(operator, node.name, *inputs, **attributes)

    def scale_and_zero(self, node: Node) -> tuple[str, str]:
        """The constants of a node that has a range."""
        ends = self.ranges[node.name]
        assert ends
        scale, zero = scale_and_zero(ends)
        names = f"{node.name}_scale", f"{node.name}_zero"
        return self.parts.constant(names[0], np.float32(scale)), self.parts.constant(names[1], np.uint8(zero))


def refuse(node: Node, why: str) -> NoReturn:
    """Raise CheckFailed."""
    raise CheckFailed(f"ONNX: {node.target} ({node.name}): {why}")


def _convolve(
    plan: Plan,
    node: Node,
    x: str,
    weight: np.ndarray,
    bias: np.ndarray | None,
    stride: Sequence[int],
    padding: Sequence[int],
    dilation: Sequence[int],
    groups: int,
) -> str:
    weight = kernel_in_order(plan.orders, node, weight)
    tensors = {"weight": weight}
    if bias is not None:
        tensors["bias"] = ordered(plan.orders, node, bias, 0)
    if node in plan.int8:
        inputs = _in_8_bits(plan, node, **tensors)
    else:
        inputs = [plan.parts.constant(f"{node.name}_{name}", tensor) for name, tensor in tensors.items()]
    rank = weight.ndim - 2
    stride, padding, dilation = ((list(setting) * rank)[:rank] for setting in (stride, padding, dilation))
    return plan.call("Conv", node, x, *inputs, strides=stride, pads=padding * 2, dilations=dilation, group=groups)


def _in_8_bits(plan: Plan, node: Node, weight: np.ndarray, bias: np.ndarray | None = None) -> list[str]:
    """The kernel as uint8 about `MIDDLE` and the bias as int32, in the steps of the sums of their products.

    Not as int8: on x86 without 8-bit dot products onnxruntime multiplies uint8 by int8 with an instruction (VPMADDUBSW)
    whose sums of two products saturate at 16 bits. It widens uint8 before it multiplies, so uint8 is right everywhere.
    A kernel that is almost zero beside its bias, as that of a dead channel is, gets greater steps than its own, in
    which the bias has room.
    """
    ends = plan.ranges[node.all_input_nodes[0].name]
    assert ends
    step, _ = scale_and_zero(ends)
    scales = kernel_scales(torch.from_numpy(weight)).numpy()
    if bias is not None:
        scales = np.maximum(scales, np.abs(bias) / (step * LARGEST_BIAS))
    scales = scales.astype(np.float32)
    levels = (_in_steps(weight, scales) + MIDDLE).astype(np.uint8)
    middle = np.full(len(scales), MIDDLE, np.uint8)
    inputs = [_stored(plan, f"{node.name}_weight", levels=levels, steps=scales, zero=middle)]
    if bias is not None:
        steps = (scales * step).astype(np.float32)
        inputs.append(_stored(plan, f"{node.name}_bias", levels=_in_steps(bias, steps).astype(np.int32), steps=steps))
    return inputs


def _in_steps(values: np.ndarray, steps: np.ndarray) -> np.ndarray:
    """Weights as whole numbers of steps, one step for each output channel (axis 0)."""
    return np.rint(values / steps.reshape(-1, *[1] * (values.ndim - 1)))


def _stored(plan: Plan, name: str, **parts: np.ndarray) -> str:
    """The value `name` of constants: its levels, its steps and, unless it is 0, the level that stands for zero."""
    stored = [plan.parts.constant(f"{name}_{part}", values) for part, values in parts.items()]
    return plan.parts.call("DequantizeLinear", name, *stored, axis=0)


def _max_pool(plan: Plan, node: Node, x: str, size: Any, stride: Any, padding: Any, dilation: Any, ceil: bool) -> str:
    if ceil:
        refuse(node, "rounding up")
    settings = {"strides": stride or size, "pads": list(padding) * 2, "dilations": dilation}
    return plan.call("MaxPool", node, x, kernel_shape=size, **settings)


def _average_pool(
    plan: Plan, node: Node, x: str, size: Any, stride: Any, padding: Any, ceil: bool, with_border: bool, divisor: Any
) -> str:
    if ceil or divisor:
        refuse(node, "rounding up, or with its own divisor")
    settings = {"strides": stride or size, "pads": list(padding) * 2, "count_include_pad": int(with_border)}
    return plan.call("AveragePool", node, x, kernel_shape=size, **settings)


def _clamp(plan: Plan, node: Node, x: str, low: float | None, high: float | None) -> str:
    ends = {"low": low, "high": high}
    names = [
        "" if end is None else plan.parts.constant(f"{node.name}_{name}", np.float32(end)) for name, end in ends.items()
    ]
    return plan.call("Clip", node, x, *names)


def _elementwise(operator: str) -> Callable[..., str]:
    def apply(plan: Plan, node: Node, x: Any, y: Any, alpha: float = 1) -> str:
        if alpha != 1:
            refuse(node, f"alpha {alpha}")
        names = []
        for value in (x, y):
            if not isinstance(value, str):
                if np.size(value) > 1:
                    refuse(node, f"with a constant of shape {np.shape(value)}")
                value = plan.parts.constant(f"{node.name}_constant", np.float32(value))
            names.append(value)
        return plan.call(operator, node, *names)

    return apply


def _pixel_shuffle(plan: Plan, node: Node, x: str, factor: int) -> str:
    mode = "DCR" if node.all_input_nodes[0] in plan.orders else "CRD"  # channels as (dy, dx, c), or torch's (c, dy, dx)
    return plan.call("DepthToSpace", node, x, blocksize=factor, mode=mode)


def _pixel_unshuffle(plan: Plan, node: Node, x: str, factor: int) -> str:
    if node in plan.orders:
        return plan.call("SpaceToDepth", node, x, blocksize=factor)
    deep = plan.parts.call("SpaceToDepth", f"{node.name}_shuffled", x, blocksize=factor)
    places = plan.parts.constant(f"{node.name}_places", np.argsort(shuffled(node)))
    return plan.call("Gather", node, deep, places, axis=1)


def _upsample_nearest(plan: Plan, node: Node, x: str, size: Any, scales: Sequence[float] | None) -> str:
    if not scales or any(scale % 1 for scale in scales):
        refuse(node, "to a given size, or by a factor that is not whole")
    factors = plan.parts.constant(f"{node.name}_factors", np.array([1, 1, *scales], np.float32))
    how = {"mode": "nearest", "coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"}
    return plan.call("Resize", node, x, "", factors, **how)


def _view(plan: Plan, node: Node, x: str, size: list[Any]) -> str:
    """`size` holds numbers, names of values with one number each, and None for what is computed of those."""
    before, after = (list(n.meta["val"].shape) for n in (node.all_input_nodes[0], node))
    if before[:2] != after[:2] or {len(before), len(after)} != {3, 4}:
        refuse(node, f"from {before} to {after}; only H x W may be flattened, and put back")
    sides = size[2:] if len(after) == 4 else [-1]
    if None in sides:
        refuse(node, "to sides that are computed")
    names = [
        side if isinstance(side, str) else plan.parts.constant(f"{node.name}_side_{place}", np.array([side]))
        for place, side in enumerate([0, after[1], *sides])  # 0: however many pictures there are
    ]
    return plan.call("Reshape", node, x, plan.parts.call("Concat", f"{node.name}_shape", *names, axis=0))


def _transpose(plan: Plan, node: Node, x: str, first: int, second: int) -> str:
    order = list(range(node.meta["val"].ndim))
    order[first], order[second] = order[second], order[first]
    return plan.call("Transpose", node, x, perm=order)


OPERATORS: dict[Any, Callable[..., str]] = {
    aten.conv2d.default: _convolve,
    aten.conv1d.default: _convolve,
    aten.relu.default: lambda plan, node, x: plan.call("Relu", node, x),
    aten.clamp.default: _clamp,
    aten.add.Tensor: _elementwise("Add"),
    aten.sub.Tensor: _elementwise("Sub"),
    aten.mul.Tensor: _elementwise("Mul"),
    aten.cat.default: lambda plan, node, parts, dim: plan.call("Concat", node, *parts, axis=dim),
    aten.pixel_shuffle.default: _pixel_shuffle,
    aten.pixel_unshuffle.default: _pixel_unshuffle,
    aten.max_pool2d.default: _max_pool,
    aten.avg_pool2d.default: _average_pool,
    aten.upsample_nearest2d.vec: _upsample_nearest,
    aten.view.default: _view,
    aten.transpose.int: _transpose,
    aten.bmm.default: lambda plan, node, left, right: plan.call("MatMul", node, left, right),
    aten.softmax.int: lambda plan, node, x, dim, dtype: plan.call("Softmax", node, x, axis=dim),
}
