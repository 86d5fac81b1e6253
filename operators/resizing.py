"""Enlarging feature maps."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from torch.fx import Node

from operators.entry import Channels, Int8, Operator, aten
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
)
