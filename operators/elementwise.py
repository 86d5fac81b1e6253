"""Operators that take each value by itself."""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch.fx import Node

from operators.entry import Channels, Int8, Operator, aten
from operators.plans import OnnxPlan, TensorFlowPlan


def _clamp_tensorflow(plan: TensorFlowPlan, node: Node, x: Any, low: float | None, high: float | None) -> Any:
    low, high = (-np.inf if low is None else low), (np.inf if high is None else high)
    return x if plan.saturates(node, low, high) else plan.tf.minimum(plan.tf.maximum(x, low), high)


def _clamp_onnx(plan: OnnxPlan, node: Node, x: str, low: float | None, high: float | None) -> str:
    ends = {"low": low, "high": high}
    names = ["" if end is None else plan.constant(node, name, np.float32(end)) for name, end in ends.items()]
    return plan.call("Clip", node, x, *names)


def _tensorflow(name: str) -> Callable[..., Any]:
    def apply(plan: TensorFlowPlan, node: Node, x: Any, y: Any, alpha: float = 1) -> Any:
        if alpha != 1:
            plan.refuse(node, f"alpha {alpha}")
        for value in (x, y):
            if isinstance(value, np.ndarray) and value.size > 1:
                plan.refuse(node, f"with a constant of shape {value.shape}")
        return getattr(plan.tf, name)(x, y)

    return apply


def _onnx(operator: str) -> Callable[..., str]:
    def apply(plan: OnnxPlan, node: Node, x: Any, y: Any, alpha: float = 1) -> str:
        if alpha != 1:
            plan.refuse(node, f"alpha {alpha}")
        names = []
        for value in (x, y):
            if not isinstance(value, str):
                if np.size(value) > 1:
                    plan.refuse(node, f"with a constant of shape {np.shape(value)}")
                value = plan.constant(node, "constant", np.float32(value))
            names.append(value)
        return plan.call(operator, node, *names)

    return apply


OPERATORS = (
    Operator(
        (aten.relu.default, aten.relu_.default),
        Channels.KEEP,
        Int8.ACTIVATION,
        proportional=True,
        tensorflow=lambda plan, node, x: plan.tf.nn.relu(x),
        onnx=lambda plan, node, x: plan.call("Relu", node, x),
    ),
    Operator((aten.clamp.default,), Channels.KEEP, Int8.ACTIVATION, tensorflow=_clamp_tensorflow, onnx=_clamp_onnx),
    Operator(
        (aten.hardtanh.default, aten.hardtanh_.default),
        Channels.KEEP,
        decomposed=lambda x, low=-1.0, high=1.0: torch.clamp(x, low, high),
    ),
    Operator((aten.relu6.default, aten.relu6_.default), Channels.KEEP, decomposed=lambda x: torch.clamp(x, 0.0, 6.0)),
    Operator(
        (aten.leaky_relu.default, aten.leaky_relu_.default),
        Channels.KEEP,
        proportional=True,
        tensorflow=lambda plan, node, x, slope: plan.tf.nn.leaky_relu(x, slope),
        onnx=lambda plan, node, x, slope: plan.call("LeakyRelu", node, x, alpha=slope),
    ),
    Operator(
        (aten.tanh.default, aten.tanh_.default),
        Channels.KEEP,
        tensorflow=lambda plan, node, x: plan.tf.tanh(x),
        onnx=lambda plan, node, x: plan.call("Tanh", node, x),
        litert_levels=(1 / 128, 0),
    ),
    Operator(
        (aten.sigmoid.default, aten.sigmoid_.default),
        Channels.KEEP,
        tensorflow=lambda plan, node, x: plan.tf.sigmoid(x),
        onnx=lambda plan, node, x: plan.call("Sigmoid", node, x),
        litert_levels=(1 / 256, -128),
    ),
    Operator(
        (aten.add.Tensor, aten.add_.Tensor),
        Channels.KEEP,
        takes_activation=True,
        tensorflow=_tensorflow("add"),
        onnx=_onnx("Add"),
    ),
    Operator((aten.sub.Tensor,), Channels.KEEP, tensorflow=_tensorflow("subtract"), onnx=_onnx("Sub")),
    Operator((aten.mul.Tensor,), Channels.KEEP, tensorflow=_tensorflow("multiply"), onnx=_onnx("Mul")),
    Operator((aten.div.Tensor,), Channels.KEEP),
    Operator((aten.contiguous.default,), Channels.KEEP),
)
