"""The table from aten operators to TensorFlow's, for feature maps that TensorFlow keeps as N x H x W x C.

What attention flattens to N x C x (H * W) stays unflattened, so that a file written at one size is right at any other.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

import numpy as np
import tensorflow as tf
from torch.fx import Node

from compress.graph import aten
from compress.int8.quantize import Ranges
from convert.channel_order import Order, is_depthwise, kernel_in_order, ordered, shuffled
from pix2phone.errors import CheckFailed

AXES = {1: -1, 2: 1, 3: 2}  # torch's dimensions of N x C x H x W


@dataclass(frozen=True)
class Transposed:
    """A flattened feature map, N x C x L, that torch sees as N x L x C; `x` is as it was."""

    x: tf.Tensor


@dataclass(frozen=True)
class Plan:
    """What is decided before anything is written: the channels' order, and the int8 ranges of nodes by their names."""

    orders: dict[Node, Order]
    ranges: Ranges

    def saturates(self, node: Node, low: float, high: float) -> bool:
        """Whether rounding to 8 bits alone keeps the values of `node` in [low, high]."""
        ends = self.ranges.get(node.name) or (-np.inf, np.inf)
        return low <= ends[0] and ends[1] <= high


def refuse(node: Node, why: str) -> NoReturn:
    """Raise CheckFailed."""
    raise CheckFailed(f"LiteRT: {node.target} ({node.name}): {why}")


def _convolve(
    plan: Plan,
    node: Node,
    x: tf.Tensor,
    weight: np.ndarray,
    bias: np.ndarray | None,
    stride: Sequence[int],
    padding: Sequence[int],
    dilation: Sequence[int],
    groups: int,
) -> tf.Tensor:
    if weight.ndim == 3:  # over a flattened feature map
        if weight.shape[2] > 1:
            refuse(node, "wider than one place")
        weight, stride, padding, dilation = weight[..., None], (1, 1), (0, 0), (1, 1)
    weight = kernel_in_order(plan.orders, node, weight)  # out x in / groups x height x width
    x, border = _pad(x, weight.shape[2:], stride, padding, dilation)
    if is_depthwise(node):
        strides = (1, *stride, 1)
        y = tf.nn.depthwise_conv2d(x, weight.transpose(2, 3, 0, 1), strides, border, dilations=tuple(dilation))
    else:
        y = tf.nn.conv2d(x, weight.transpose(2, 3, 1, 0), tuple(stride), border, dilations=tuple(dilation))
    return y if bias is None else tf.nn.bias_add(y, ordered(plan.orders, node, bias, 0))


def _pad(
    x: tf.Tensor, size: Sequence[int], stride: Sequence[int], padding: Sequence[int], dilation: Sequence[int]
) -> tuple[tf.Tensor, str]:
    """`x` with zeros round it, and TensorFlow's name for the border that is then left to add."""
    reach = [d * (k - 1) for d, k in zip(dilation, size, strict=True)]
    if not any(padding):
        return x, "VALID"
    if list(stride) == [1, 1] and [2 * p for p in padding] == reach:
        return x, "SAME"
    rows, columns = padding
    return tf.pad(x, [[0, 0], [rows, rows], [columns, columns], [0, 0]]), "VALID"


def _max_pool(
    plan: Plan, node: Node, x: tf.Tensor, size: Any, stride: Any, padding: Any, dilation: Any, ceil: bool
) -> tf.Tensor:
    if ceil or list(dilation) != [1, 1] or (any(padding) and not _is_positive(node.all_input_nodes[0])):
        refuse(node, "dilated, rounding up, or with a border round values that may be below zero")
    x, border = _pad(x, size, stride or size, padding, dilation)
    return tf.nn.max_pool2d(x, size, stride or size, border)


def _average_pool(
    plan: Plan, node: Node, x: tf.Tensor, size: Any, stride: Any, padding: Any, ceil: bool, *rest: Any
) -> tf.Tensor:
    if ceil or any(padding) or rest[1]:
        refuse(node, "with a border, rounding up, or with its own divisor")
    return tf.nn.avg_pool2d(x, size, stride or size, "VALID")


def _is_positive(node: Node) -> bool:
    if node.target in (aten.pixel_shuffle.default, aten.cat.default):
        return all(map(_is_positive, node.all_input_nodes))
    return node.op == "placeholder" or node.target is aten.relu.default


def _clamp(plan: Plan, node: Node, x: tf.Tensor, low: float | None, high: float | None) -> tf.Tensor:
    low, high = (-np.inf if low is None else low), (np.inf if high is None else high)
    return x if plan.saturates(node, low, high) else tf.minimum(tf.maximum(x, low), high)


def _elementwise(operation: Callable[[Any, Any], tf.Tensor]) -> Callable[..., tf.Tensor]:
    def apply(plan: Plan, node: Node, x: Any, y: Any, alpha: float = 1) -> tf.Tensor:
        if alpha != 1:
            refuse(node, f"alpha {alpha}")
        for value in (x, y):
            if isinstance(value, np.ndarray) and value.size > 1:
                refuse(node, f"with a constant of shape {value.shape}")
        return operation(x, y)

    return apply


def _concatenate(plan: Plan, node: Node, parts: list[tf.Tensor], dim: int) -> tf.Tensor:
    return tf.concat(parts, AXES[dim])


def _pixel_shuffle(plan: Plan, node: Node, x: tf.Tensor, factor: int) -> tf.Tensor:
    if node.all_input_nodes[0] not in plan.orders:
        x = tf.gather(x, shuffled(node), axis=-1)
    return tf.nn.depth_to_space(x, factor)


def _pixel_unshuffle(plan: Plan, node: Node, x: tf.Tensor, factor: int) -> tf.Tensor:
    y = tf.nn.space_to_depth(x, factor)
    return y if node in plan.orders else tf.gather(y, np.argsort(shuffled(node)), axis=-1)


def _upsample_nearest(plan: Plan, node: Node, x: tf.Tensor, size: Any, scales: Sequence[float] | None) -> tf.Tensor:
    """Copies of each channel, put next to each other: unlike TensorFlow's resize it needs no size, so any will do."""
    if not scales or scales[0] != scales[1] or scales[0] % 1:
        refuse(node, "to a given size, or by a factor that is not whole")
    factor = int(scales[0])
    return tf.nn.depth_to_space(tf.concat([x] * factor**2, -1), factor)


def _view(plan: Plan, node: Node, x: tf.Tensor, size: list[Any]) -> tf.Tensor:
    before, after = (list(n.meta["val"].shape) for n in (node.all_input_nodes[0], node))
    if before[:2] != after[:2] or {len(before), len(after)} != {3, 4}:
        refuse(node, f"from {before} to {after}; only H x W may be flattened, and put back")
    return x


def _transpose(plan: Plan, node: Node, x: tf.Tensor, first: int, second: int) -> Transposed:
    if node.meta["val"].ndim != 3 or {first, second} not in ({1, 2}, {-1, -2}):
        refuse(node, "other than of a flattened feature map")
    return Transposed(x)


def _matmul(plan: Plan, node: Node, left: Any, right: Any) -> tf.Tensor:
    if isinstance(right, Transposed):
        refuse(node, "with a transposed right side")
    x = left.x if isinstance(left, Transposed) else left
    flat = tf.reshape(x, (1, 1, -1, x.shape[-1]))
    return tf.matmul(right, flat, transpose_b=isinstance(left, Transposed))


def _softmax(plan: Plan, node: Node, x: tf.Tensor, dim: int, dtype: None) -> tf.Tensor:
    if dim != 1:
        refuse(node, f"over dimension {dim}")
    return tf.nn.softmax(x, -1)


OPERATORS: dict[Any, Callable[..., Any]] = {
    aten.conv2d.default: _convolve,
    aten.conv1d.default: _convolve,
    aten.relu.default: lambda plan, node, x: tf.nn.relu(x),
    aten.clamp.default: _clamp,
    aten.add.Tensor: _elementwise(tf.add),
    aten.sub.Tensor: _elementwise(tf.subtract),
    aten.mul.Tensor: _elementwise(tf.multiply),
    aten.cat.default: _concatenate,
    aten.pixel_shuffle.default: _pixel_shuffle,
    aten.pixel_unshuffle.default: _pixel_unshuffle,
    aten.max_pool2d.default: _max_pool,
    aten.avg_pool2d.default: _average_pool,
    aten.upsample_nearest2d.vec: _upsample_nearest,
    aten.view.default: _view,
    aten.transpose.int: _transpose,
    aten.bmm.default: _matmul,
    aten.softmax.int: _softmax,
}
