"""Operators of attention over a flattened feature map, N x C x (H * W). They stay in float in int8 files."""

from typing import Any

from torch.fx import Node

from operators.entry import Channels, Operator, aten
from operators.plans import OnnxPlan, TensorFlowPlan, Transposed


def _transpose_tensorflow(plan: TensorFlowPlan, node: Node, x: Any, first: int, second: int) -> Transposed:
    if node.meta["val"].ndim != 3 or {first, second} not in ({1, 2}, {-1, -2}):
        plan.refuse(node, "other than of a flattened feature map")
    return Transposed(x)


def _transpose_onnx(plan: OnnxPlan, node: Node, x: str, first: int, second: int) -> str:
    order = list(range(node.meta["val"].ndim))
    order[first], order[second] = order[second], order[first]
    return plan.call("Transpose", node, x, perm=order)


def _matmul_tensorflow(plan: TensorFlowPlan, node: Node, left: Any, right: Any) -> Any:
    if isinstance(right, Transposed):
        plan.refuse(node, "with a transposed right side")
    x = left.x if isinstance(left, Transposed) else left
    flat = plan.tf.reshape(x, (1, 1, -1, x.shape[-1]))
    return plan.tf.matmul(right, flat, transpose_b=isinstance(left, Transposed))


def _softmax_tensorflow(plan: TensorFlowPlan, node: Node, x: Any, dim: int, dtype: None) -> Any:
    if dim != 1:
        plan.refuse(node, f"over dimension {dim}")
    return plan.tf.nn.softmax(x, -1)


OPERATORS = (
    Operator((aten.transpose.int,), Channels.TRANSPOSE, tensorflow=_transpose_tensorflow, onnx=_transpose_onnx),
    Operator(
        (aten.bmm.default,),
        Channels.MULTIPLY,
        tensorflow=_matmul_tensorflow,
        onnx=lambda plan, node, left, right: plan.call("MatMul", node, left, right),
    ),
    Operator(
        (aten.softmax.int,),
        Channels.KEEP,
        tensorflow=_softmax_tensorflow,
        onnx=lambda plan, node, x, dim, dtype: plan.call("Softmax", node, x, axis=dim),
    ),
)
