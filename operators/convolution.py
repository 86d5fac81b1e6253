"""Convolutions."""

import sys
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from torch.fx import Node

from operators.channels import is_depthwise, kernel_in_order, ordered
from operators.entry import TO_FIRST, TO_LAST, Channels, Int8, Operator, aten, unforeseen
from operators.levels import kernel_scales, scale_and_zero
from operators.plans import OnnxPlan, TensorFlowPlan

LARGEST_BIAS = 2**30  # in steps, of the 2^31 that an int32 has
MIDDLE = 128  # the level of a kernel that is zero


def border(
    plan: TensorFlowPlan,
    x: Any,
    size: Sequence[int],
    stride: Sequence[int],
    padding: Sequence[int],
    dilation: Sequence[int],
) -> tuple[Any, str]:
    """`x` with zeros round it, and TensorFlow's name for the border that is then left to add."""
    reach = [d * (k - 1) for d, k in zip(dilation, size, strict=True)]
    if not any(padding):
        return x, "VALID"
    if list(stride) == [1, 1] and [2 * p for p in padding] == reach:
        return x, "SAME"
    rows, columns = padding
    return plan.tf.pad(x, [[0, 0], [rows, rows], [columns, columns], [0, 0]]), "VALID"


def _tensorflow(
    plan: TensorFlowPlan,
    node: Node,
    x: Any,
    weight: np.ndarray,
    bias: np.ndarray | None,
    stride: Sequence[int],
    padding: Sequence[int],
    dilation: Sequence[int],
    groups: int,
) -> Any:
    if weight.ndim == 3:  # over a flattened feature map
        if weight.shape[2] > 1:
            plan.refuse(node, "wider than one place")
        weight, stride, padding, dilation = weight[..., None], (1, 1), (0, 0), (1, 1)
    weight = kernel_in_order(plan.orders, node, weight)  # out x in / groups x height x width
    x, edge = border(plan, x, weight.shape[2:], stride, padding, dilation)
    nn = plan.tf.nn
    if is_depthwise(node):
        strides = (1, *stride, 1)
        y = nn.depthwise_conv2d(x, weight.transpose(2, 3, 0, 1), strides, edge, dilations=tuple(dilation))
    else:
        y = nn.conv2d(x, weight.transpose(2, 3, 1, 0), tuple(stride), edge, dilations=tuple(dilation))
    return y if bias is None else nn.bias_add(y, ordered(plan.orders, node, bias, 0))


def _onnx(
    plan: OnnxPlan,
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
        inputs = [plan.constant(node, name, tensor) for name, tensor in tensors.items()]
    rank = weight.ndim - 2
    stride, padding, dilation = ((list(setting) * rank)[:rank] for setting in (stride, padding, dilation))
    return plan.call("Conv", node, x, *inputs, strides=stride, pads=padding * 2, dilations=dilation, group=groups)


def _in_8_bits(plan: OnnxPlan, node: Node, weight: np.ndarray, bias: np.ndarray | None = None) -> list[str]:
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


def _stored(plan: OnnxPlan, name: str, **parts: np.ndarray) -> str:
    """The value `name` of constants: its levels, its steps and, unless it is 0, the level that stands for zero."""
    stored = [plan.parts.constant(f"{name}_{part}", values) for part, values in parts.items()]
    return plan.parts.call("DequantizeLinear", name, *stored, axis=0)


def _transposed(
    x: torch.Tensor,
    weight: torch.Tensor,
    bias: torch.Tensor | None = None,
    stride: Sequence[int] = (1,),
    padding: Sequence[int] = (0,),
    output_padding: Sequence[int] = (0,),
    groups: int = 1,
    dilation: Sequence[int] = (1,),
) -> torch.Tensor:
    """A convolution whose channels pixel_shuffle puts next to each other, less a border, by as many multiplications.

    Each of stride x stride places of the result is made by its own taps of `weight`, in / groups x out x ... (Shi et
    al. 2016, arXiv:1609.07009). The border is cut off at the end.
    """
    (step, *steps), size = stride, weight.shape[2:]
    if any(other != step for other in steps) or any(one != 1 for one in dilation):
        raise unforeseen(aten.conv_transpose2d, f"stride {list(stride)}, dilation {list(dilation)}")
    padding, output_padding = ((list(one) * 2)[:2] for one in (padding, output_padding))
    taps = [-(-side // step) for side in size]
    whole = torch.constant_pad_nd(weight, [0, taps[1] * step - size[1], 0, taps[0] * step - size[0]])
    out, within = weight.shape[1], weight.shape[0] // groups
    phases = whole.reshape(groups, within, out, taps[0], step, taps[1], step).flip(3, 5)
    kernel = phases.permute(0, 2, 4, 6, 1, 3, 5).reshape(groups * out * step**2, within, *taps)
    each = None if bias is None else bias.repeat_interleave(step**2)
    border = [one - 1 for one in taps]
    less = [edge - p for edge, p in zip(border, padding, strict=True)]
    if step == 1 and min(less) >= 0:
        return torch.conv2d(x, kernel, each, padding=less, groups=groups)
    y = torch.conv2d(x, kernel, each, padding=border, groups=groups)
    y = torch.pixel_shuffle(y, step) if step > 1 else y
    for dim, k, t, p, more in zip((2, 3), size, taps, padding, output_padding, strict=True):
        if (after := t * step + p - k - more) < 0:
            raise unforeseen(aten.conv_transpose2d, f"output_padding {output_padding}")
        if p or after:
            y = aten.slice.Tensor(y, dim, p, -after if after else sys.maxsize)
    return y


def _linear(x: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor | None = None) -> torch.Tensor:
    """N x H x W x C, each place by itself: a convolution of 1 x 1 between two permutations, which graphs undo."""
    if x.ndim != 4:
        raise unforeseen(aten.linear, f"of {x.ndim} dimensions; N x H x W x C is taken")
    return torch.conv2d(x.permute(TO_FIRST), weight[:, :, None, None], bias).permute(TO_LAST)


FLATTENED = Operator((aten.conv1d.default,), Channels.CONVOLVE, Int8.KERNEL, tensorflow=_tensorflow, onnx=_onnx)
OPERATORS = (
    FLATTENED,
    replace(FLATTENED, targets=(aten.conv2d.default,), takes_activation=True),
    Operator(
        (aten.conv_transpose2d.input,),
        decomposed=_transposed,
        phones="TRANSPOSE_CONV ties a LiteRT file to one size: written as CONV_2D and DEPTH_TO_SPACE",
    ),
    Operator((aten.linear.default,), decomposed=_linear),
)
