"""Enlarging feature maps."""

from collections.abc import Sequence
from itertools import product
from typing import Any

import numpy as np
from torch.fx import Node

from operators.entry import Channels, Int8, Operator, aten
from operators.padding import MOST, bordered
from operators.plans import OnnxPlan, TensorFlowPlan


def _nearest_tensorflow(plan: TensorFlowPlan, node: Node, x: Any, size: Any, scales: Sequence[float] | None) -> Any:
    """Copies of each channel, put next to each other: unlike TensorFlow's resize it needs no size, so any will do."""
    if not scales or scales[0] != scales[1] or scales[0] % 1:
        plan.refuse(node, "to a given size, or by a factor that is not whole")
    factor = int(scales[0])
    return plan.tf.nn.depth_to_space(plan.tf.concat([x] * factor**2, -1), factor)


def _nearest_onnx(plan: OnnxPlan, node: Node, x: str, size: Any, scales: Sequence[float] | None) -> str:
    if not scales or any(scale % 1 for scale in scales):
        plan.refuse(node, "to a given size, or by a factor that is not whole")
    factors = plan.constant(node, "factors", np.array([1, 1, *scales], np.float32))
    how = {"mode": "nearest", "coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"}
    return plan.call("Resize", node, x, "", factors, **how)


def _bilinear_tensorflow(
    plan: TensorFlowPlan, node: Node, x: Any, size: Any, aligned: bool, scales: Sequence[float] | None
) -> Any:
    """A depthwise convolution for each of factor x factor places, put next to each other: any size will do."""
    factor = _bilinear_factor(plan, node, aligned, scales)
    x = bordered(plan, x, (1, 1, 1, 1), mirrored=False)
    parts = []
    for row, column in product(_taps(factor), repeat=2):
        kernel = np.repeat(np.outer(row, column)[:, :, None, None], x.shape[-1], 2).astype(np.float32)
        parts.append(plan.rounded(node, plan.tf.nn.depthwise_conv2d(x, kernel, [1, 1, 1, 1], "VALID")))
    if len(parts) > MOST:
        parts = [plan.tf.concat(parts[row * factor : (row + 1) * factor], -1) for row in range(factor)]
    return plan.tf.nn.depth_to_space(plan.tf.concat(parts, -1), factor)


def _taps(factor: int) -> list[list[float]]:
    """For each place within an enlarged pixel the weights of that before it, itself and that after it."""
    offsets = [(place + 0.5) / factor - 0.5 for place in range(factor)]
    return [[max(-offset, 0.0), 1 - abs(offset), max(offset, 0.0)] for offset in offsets]


def _bilinear_onnx(plan: OnnxPlan, node: Node, x: str, size: Any, aligned: bool, scales: Sequence[float] | None) -> str:
    factor = _bilinear_factor(plan, node, aligned, scales)
    factors = plan.constant(node, "factors", np.array([1, 1, factor, factor], np.float32))
    how = {"mode": "linear", "coordinate_transformation_mode": "half_pixel"}
    return plan.call("Resize", node, x, "", factors, **how)


def _bilinear_factor(plan: TensorFlowPlan | OnnxPlan, node: Node, aligned: bool, scales: Sequence[float] | None) -> int:
    if aligned or not scales or scales[0] != scales[1] or scales[0] % 1:
        plan.refuse(node, "with align_corners, to a given size, or by a factor that is not whole")
    return int(scales[0])


OPERATORS = (
    Operator(
        (aten.upsample_nearest2d.vec,),
        Channels.KEEP,
        Int8.MOVES,
        proportional=True,
        tensorflow=_nearest_tensorflow,
        onnx=_nearest_onnx,
        on_bytes=True,
        moves_in_coreml="upsample_nearest_neighbor",
        phones="RESIZE_NEAREST_NEIGHBOR ties a LiteRT file to one size: written as CONCATENATION and DEPTH_TO_SPACE",
    ),
    Operator(
        (aten.upsample_bilinear2d.vec,),
        Channels.KEEP,
        Int8.MOVES,
        proportional=True,
        tensorflow=_bilinear_tensorflow,
        onnx=_bilinear_onnx,
        phones="RESIZE_BILINEAR ties a LiteRT file to one size: written as DEPTHWISE_CONV_2D and DEPTH_TO_SPACE",
    ),
)
