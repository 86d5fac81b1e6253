"""Pooling."""

from typing import Any

from torch.fx import Node

from operators.convolution import border
from operators.entry import Channels, Int8, Operator, aten
from operators.plans import OnnxPlan, TensorFlowPlan


def _max_tensorflow(
    plan: TensorFlowPlan, node: Node, x: Any, size: Any, stride: Any, padding: Any, dilation: Any, ceil: bool
) -> Any:
    if ceil or list(dilation) != [1, 1] or (any(padding) and not _is_positive(node.all_input_nodes[0])):
        plan.refuse(node, "dilated, rounding up, or with a border round values that may be below zero")
    x, edge = border(plan, x, size, stride or size, padding, dilation)
    return plan.tf.nn.max_pool2d(x, size, stride or size, edge)


def _is_positive(node: Node) -> bool:
    if node.target in (aten.pixel_shuffle.default, aten.cat.default):
        return all(map(_is_positive, node.all_input_nodes))
    return node.op == "placeholder" or node.target is aten.relu.default


def _max_onnx(
    plan: OnnxPlan, node: Node, x: str, size: Any, stride: Any, padding: Any, dilation: Any, ceil: bool
) -> str:
    if ceil:
        plan.refuse(node, "rounding up")
    settings = {"strides": stride or size, "pads": list(padding) * 2, "dilations": dilation}
    return plan.call("MaxPool", node, x, kernel_shape=size, **settings)


def _average_tensorflow(
    plan: TensorFlowPlan, node: Node, x: Any, size: Any, stride: Any, padding: Any, ceil: bool, *rest: Any
) -> Any:
    if ceil or any(padding) or rest[1]:
        plan.refuse(node, "with a border, rounding up, or with its own divisor")
    return plan.tf.nn.avg_pool2d(x, size, stride or size, "VALID")


def _average_onnx(
    plan: OnnxPlan,
    node: Node,
    x: str,
    size: Any,
    stride: Any,
    padding: Any,
    ceil: bool,
    with_border: bool,
    divisor: Any,
) -> str:
    if ceil or divisor:
        plan.refuse(node, "rounding up, or with its own divisor")
    settings = {"strides": stride or size, "pads": list(padding) * 2, "count_include_pad": int(with_border)}
    return plan.call("AveragePool", node, x, kernel_shape=size, **settings)


OPERATORS = (
    Operator(
        (aten.max_pool2d.default,),
        Channels.KEEP,
        Int8.MOVES,
        proportional=True,
        tensorflow=_max_tensorflow,
        onnx=_max_onnx,
        on_bytes=True,
        moves_in_coreml="max_pool",
    ),
    Operator(
        (aten.avg_pool2d.default,),
        Channels.KEEP,
        Int8.MOVES,
        proportional=True,
        tensorflow=_average_tensorflow,
        onnx=_average_onnx,
    ),
)
