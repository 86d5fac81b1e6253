"""Normalisation. What has statistics of the picture's own is computed in float between two roundings."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from torch.fx import Node

from operators.channels import ordered
from operators.entry import TO_FIRST, TO_LAST, Channels, Operator, aten, unforeseen
from operators.plans import OnnxPlan, TensorFlowPlan

Weights = np.ndarray | None


@torch.library.custom_op("pix2phone::channel_norm", mutates_args=())
def channel_norm(
    x: torch.Tensor, weight: torch.Tensor | None, bias: torch.Tensor | None, epsilon: float
) -> torch.Tensor:
    """N x C x H x W, each place normalised over its channels (Ba et al. 2016, arXiv:1607.06450)."""
    return _channel_norm(x, weight, bias, epsilon)


@channel_norm.register_fake
def _shape(x: torch.Tensor, weight: torch.Tensor | None, bias: torch.Tensor | None, epsilon: float) -> torch.Tensor:
    return torch.empty_like(x)


def _keep(ctx: Any, inputs: tuple[Any, ...], output: torch.Tensor) -> None:
    *tensors, ctx.epsilon = inputs
    ctx.save_for_backward(*tensors)


def _backward(ctx: Any, gradient: torch.Tensor) -> tuple[torch.Tensor | None, ...]:
    """Through the plain operators, computed again."""
    with torch.enable_grad():
        x: Any
        x, weight, bias = (None if one is None else one.detach().requires_grad_() for one in ctx.saved_tensors)
        given = [one for one in (x, weight, bias) if one is not None]
        found = iter(torch.autograd.grad(_channel_norm(x, weight, bias, ctx.epsilon), given, gradient))
    return *(None if one is None else next(found) for one in (x, weight, bias)), None


channel_norm.register_autograd(_backward, setup_context=_keep)


def _channel_norm(
    x: torch.Tensor, weight: torch.Tensor | None, bias: torch.Tensor | None, epsilon: float
) -> torch.Tensor:
    return _scaled(_normal(x, lambda values: values.mean(1, keepdim=True), epsilon), weight, bias)


def _layer_norm(
    x: torch.Tensor,
    sides: Sequence[int],
    weight: torch.Tensor | None = None,
    bias: torch.Tensor | None = None,
    epsilon: float = 1e-5,
    cudnn: bool = True,
) -> torch.Tensor:
    if x.ndim != 4 or len(sides) != 1:
        raise unforeseen(aten.layer_norm, f"over {list(sides)} of {x.ndim} dimensions; C of N x H x W x C is taken")
    return channel_norm(x.permute(TO_FIRST), weight, bias, epsilon).permute(TO_LAST)


def _group_norm(
    x: torch.Tensor,
    groups: int,
    weight: torch.Tensor | None = None,
    bias: torch.Tensor | None = None,
    epsilon: float = 1e-5,
    cudnn: bool = True,
) -> torch.Tensor:
    """In four dimensions and without sizes, as `_group_tensorflow`."""
    mixing = torch.from_numpy(_mixing(int(x.shape[1]), groups))[:, :, None, None]
    normal = _normal(x, lambda values: torch.conv2d(values.mean((2, 3), keepdim=True), mixing), epsilon)
    return _scaled(normal, weight, bias)


def _normal(x: torch.Tensor, mean: Callable[[torch.Tensor], torch.Tensor], epsilon: float) -> torch.Tensor:
    centred = x - mean(x)
    return centred * torch.rsqrt(mean(centred * centred) + epsilon)


def _scaled(x: torch.Tensor, weight: torch.Tensor | None, bias: torch.Tensor | None) -> torch.Tensor:
    x = x if weight is None else x * weight.view(1, -1, 1, 1)
    return x if bias is None else x + bias.view(1, -1, 1, 1)


def _mixing(channels: int, groups: int) -> np.ndarray:
    """C x C: each channel's mean over all of its group."""
    size = channels // groups
    return np.kron(np.eye(groups), np.full((size, size), 1 / size)).astype(np.float32)


def _normal_tensorflow(
    plan: TensorFlowPlan, node: Node, x: Any, mean: Callable[[Any], Any], weight: Weights, bias: Weights, epsilon: float
) -> Any:
    centred = x - mean(x)
    x = centred * plan.tf.math.rsqrt(mean(centred * centred) + epsilon)
    x = x if weight is None else x * ordered(plan.orders, node, weight, 0)
    return x if bias is None else x + ordered(plan.orders, node, bias, 0)


def _instance_tensorflow(plan: TensorFlowPlan, node: Node, x: Any, weight: Weights, bias: Weights, *rest: Any) -> Any:
    mean, epsilon = (lambda values: plan.tf.reduce_mean(values, [1, 2], keepdims=True)), rest[-2]
    return _normal_tensorflow(plan, node, x, mean, weight, bias, epsilon)


def _group_tensorflow(
    plan: TensorFlowPlan, node: Node, x: Any, groups: int, weight: Weights, bias: Weights, epsilon: float, cudnn: bool
) -> Any:
    """In four dimensions, as the GPU delegate wants it: a convolution puts the channels' means together."""
    mixing = _mixing(x.shape[-1], groups)[None, None]

    def mean(values: Any) -> Any:
        return plan.tf.nn.conv2d(plan.tf.reduce_mean(values, [1, 2], keepdims=True), mixing, 1, "VALID")

    return _normal_tensorflow(plan, node, x, mean, weight, bias, epsilon)


def _channel_tensorflow(
    plan: TensorFlowPlan, node: Node, x: Any, weight: Weights, bias: Weights, epsilon: float
) -> Any:
    mean = lambda values: plan.tf.reduce_mean(values, -1, keepdims=True)  # noqa: E731
    return _normal_tensorflow(plan, node, x, mean, weight, bias, epsilon)


def _instance_onnx(plan: OnnxPlan, node: Node, x: str, weight: Weights, bias: Weights, *rest: Any) -> str:
    return plan.call("InstanceNormalization", node, x, *_both(plan, node, weight, bias), epsilon=rest[-2])


def _group_onnx(
    plan: OnnxPlan, node: Node, x: str, groups: int, weight: Weights, bias: Weights, epsilon: float, cudnn: bool
) -> str:
    """Instances of N x groups x the rest: GroupNormalization of opset 18 has its weights a group, not a channel."""
    parts, name = plan.parts, node.name
    shape = parts.call("Shape", f"{name}_shape", x)
    flat = parts.call("Reshape", f"{name}_flat", x, plan.constant(node, "groups", np.array([0, groups, -1])))
    plain = [plan.constant(node, f"plain_{which}", np.full(groups, one, np.float32)) for which, one in UNSCALED.items()]
    normal = parts.call("InstanceNormalization", f"{name}_flat_normal", flat, *plain, epsilon=epsilon)
    return _scaled_onnx(plan, node, parts.call("Reshape", f"{name}_normal", normal, shape), weight, bias)


def _channel_onnx(plan: OnnxPlan, node: Node, x: str, weight: Weights, bias: Weights, epsilon: float) -> str:
    """LayerNormalization takes the last dimensions alone."""
    name, scale = node.name, np.ones(node.meta["val"].shape[1], np.float32) if weight is None else weight
    inputs = [plan.constant(node, "weight", ordered(plan.orders, node, scale, 0))]
    if bias is not None:
        inputs.append(plan.constant(node, "bias", ordered(plan.orders, node, bias, 0)))
    last = plan.parts.call("Transpose", f"{name}_last", x, perm=TO_LAST)
    normal = plan.parts.call("LayerNormalization", f"{name}_normal", last, *inputs, axis=-1, epsilon=epsilon)
    return plan.call("Transpose", node, normal, perm=TO_FIRST)


UNSCALED = {"weight": 1, "bias": 0}


def _both(plan: OnnxPlan, node: Node, weight: Weights, bias: Weights) -> list[str]:
    """The names of a weight and a bias for each channel, in the order of the file."""
    given = {"weight": weight, "bias": bias}
    channels = node.meta["val"].shape[1]
    values = {
        name: np.full(channels, UNSCALED[name], np.float32) if one is None else one for name, one in given.items()
    }
    return [plan.constant(node, name, ordered(plan.orders, node, one, 0)) for name, one in values.items()]


def _scaled_onnx(plan: OnnxPlan, node: Node, x: str, weight: Weights, bias: Weights) -> str:
    channels = node.meta["val"].shape[1]
    scale, shift = (
        np.full(channels, UNSCALED[name], np.float32) if one is None else one
        for name, one in (("weight", weight), ("bias", bias))
    )
    scaled = plan.parts.call("Mul", f"{node.name}_scaled", x, plan.constant(node, "weight", scale.reshape(1, -1, 1, 1)))
    return plan.call("Add", node, scaled, plan.constant(node, "bias", shift.reshape(1, -1, 1, 1)))


OPERATORS = (
    Operator(
        (aten.batch_norm.default, aten._native_batch_norm_legit_no_training.default),
        Channels.NORMALISE,
        phones="becomes a part of the convolution before it",
    ),
    Operator(
        (aten.instance_norm.default,),
        Channels.NORMALISE,
        tensorflow=_instance_tensorflow,
        onnx=_instance_onnx,
        phones="with statistics of its own it becomes a part of the convolution before it; without, it is written in "
        "LiteRT as MEAN, SUB, MUL, ADD and RSQRT, and a file is right for whole pictures only, not for tiles",
    ),
    Operator(
        (aten.group_norm.default,),
        tensorflow=_group_tensorflow,
        onnx=_group_onnx,
        traced=_group_norm,
        phones="five dimensions, which the GPU delegate lacks: written with a convolution of the channels' means",
    ),
    Operator(
        (torch.ops.pix2phone.channel_norm.default,),
        Channels.NORMALISE,
        tensorflow=_channel_tensorflow,
        onnx=_channel_onnx,
        traced=_channel_norm,
    ),
    Operator((aten.layer_norm.default,), decomposed=_layer_norm),
)
