"""Pooling."""

from typing import Any

import numpy as np
import torch
from torch.fx import Node

from operators.convolution import border
from operators.entry import Channels, Int8, Operator, aten, unforeseen
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


def _mean_tensorflow(plan: TensorFlowPlan, node: Node, x: Any, dims: Any, kept: bool, dtype: None) -> Any:
    _check_mean(plan, node, dims, kept)
    return plan.tf.reduce_mean(x, [1, 2], keepdims=True)


def _mean_onnx(plan: OnnxPlan, node: Node, x: str, dims: Any, kept: bool, dtype: None) -> str:
    _check_mean(plan, node, dims, kept)
    return plan.call("ReduceMean", node, x, plan.constant(node, "axes", np.array([2, 3])), keepdims=1)


def _check_mean(plan: TensorFlowPlan | OnnxPlan, node: Node, dims: Any, kept: bool) -> None:
    if {dim % 4 for dim in dims} != {2, 3} or not kept or node.meta["val"].ndim != 4:
        plan.refuse(node, f"over {list(dims)}; only over H x W to N x C x 1 x 1")


def _adaptive(x: torch.Tensor, size: Any) -> torch.Tensor:
    if list(size) != [1, 1]:
        raise unforeseen(aten.adaptive_avg_pool2d, f"to {list(size)}; only to 1 x 1")
    return x.mean((2, 3), keepdim=True)


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
    Operator(
        (aten.mean.dim,),
        Channels.KEEP,
        proportional=True,
        tensorflow=_mean_tensorflow,
        onnx=_mean_onnx,
        phones="a file is right for whole pictures only, not for tiles",
    ),
    Operator((aten.adaptive_avg_pool2d.default,), Channels.KEEP, decomposed=_adaptive),
)
