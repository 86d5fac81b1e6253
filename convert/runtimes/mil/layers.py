"""Layers of ML Programs on torch, which mix values: part of the table in operators.py."""

import math
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from convert.runtimes.mil.moves import ints, pad

CONVOLUTIONS = {3: F.conv1d, 4: F.conv2d, 5: F.conv3d}
TRANSPOSED = {3: F.conv_transpose1d, 4: F.conv_transpose2d}


def _border(x: Tensor, pad_type: str, sides: Tensor, value: float = 0.0) -> Tensor:
    """Pad `x` by `sides` in MIL's order, (before, after) from the first spatial side on."""
    if pad_type == "valid":
        return x
    if pad_type != "custom":
        raise NotImplementedError(f"pad_type {pad_type!r}")
    return pad(x, sides, constant_val=value)


def _conv(
    x: Tensor,
    weight: Tensor,
    strides: Tensor,
    pad_type: str,
    pad: Tensor,
    dilations: Tensor,
    groups: int,
    bias: Tensor | None = None,
) -> Tensor:
    if pad_type == "same":
        pad_type, pad = "custom", _same(x.shape[2:], weight.shape[2:], ints(strides), ints(dilations))
    padded = _border(x, pad_type, pad)
    return CONVOLUTIONS[x.ndim](padded, weight, bias, ints(strides), 0, ints(dilations), groups)


def _same(sides: Sequence[int], kernel: Sequence[int], strides: list[int], dilations: list[int]) -> Tensor:
    """The padding, (before, after) of each side, for an output of input / stride, rounded up."""
    border = []
    for side, taps, stride, dilation in zip(sides, kernel, strides, dilations, strict=True):
        total = max(0, (math.ceil(side / stride) - 1) * stride + (taps - 1) * dilation + 1 - side)
        border += [total // 2, total - total // 2]
    return torch.tensor(border)


def _conv_transpose(
    x: Tensor,
    weight: Tensor,
    strides: Tensor,
    pad_type: str,
    pad: Tensor,
    dilations: Tensor,
    groups: int,
    bias: Tensor | None = None,
    output_shape: Tensor | None = None,
) -> Tensor:
    """`pad` is cropped from the result; MIL does not define the position of another `output_shape`."""
    whole = TRANSPOSED[x.ndim](x, weight, bias, ints(strides), 0, 0, groups, ints(dilations))
    made = _border(whole, pad_type, -torch.as_tensor(pad))
    if output_shape is not None and ints(output_shape) != list(made.shape):
        raise NotImplementedError(f"output_shape {ints(output_shape)}, but strides and pad make {list(made.shape)}")
    return made


def _max_pool(
    x: Tensor, kernel_sizes: Tensor, strides: Tensor, pad_type: str, pad: Tensor, ceil_mode: bool = False
) -> Tensor:
    padded = _border(x, pad_type, pad, -math.inf)
    return F.max_pool2d(padded, ints(kernel_sizes), ints(strides), ceil_mode=ceil_mode)


def _avg_pool(
    x: Tensor,
    kernel_sizes: Tensor,
    strides: Tensor,
    pad_type: str,
    pad: Tensor,
    exclude_padding_from_average: bool = False,
    ceil_mode: bool = False,
) -> Tensor:
    size = (ints(kernel_sizes), ints(strides))
    if ceil_mode:  # then both ends of a side have the same padding, which torch supports
        border = ints(pad[::2]) if pad_type == "custom" else 0
        return F.avg_pool2d(x, *size, border, True, not exclude_padding_from_average)
    mean = F.avg_pool2d(_border(x, pad_type, pad), *size)
    if not exclude_padding_from_average:
        return mean
    return mean / F.avg_pool2d(_border(torch.ones_like(x), pad_type, pad), *size)


def _matmul(x: Tensor, y: Tensor, transpose_x: bool = False, transpose_y: bool = False) -> Tensor:
    return torch.matmul(x.mT if transpose_x else x, y.mT if transpose_y else y)


def _layer_norm(
    x: Tensor, axes: Tensor, epsilon: float, gamma: Tensor | None = None, beta: Tensor | None = None
) -> Tensor:
    """Over any axes; the sides of `gamma` and `beta` are those axes'."""
    over = sorted(axis % x.ndim for axis in ints(axes))
    shape = [side if axis in over else 1 for axis, side in enumerate(x.shape)]
    variance, mean = torch.var_mean(x, over, correction=0, keepdim=True)
    normal = (x - mean) * torch.rsqrt(variance + epsilon)
    scaled = normal if gamma is None else normal * gamma.reshape(shape)
    return scaled if beta is None else scaled + beta.reshape(shape)


def _scaled(x: Tensor, height: float, width: float) -> list[int]:
    """Sides, rounded down; a factor of 53 / 27, inexact in float32, makes 53 of 27 and not 52."""
    return [int(side * factor + 1e-4) for side, factor in zip(x.shape[2:], (height, width), strict=True)]


def _nearest(x: Tensor, scale_factor_height: float, scale_factor_width: float) -> Tensor:
    return F.interpolate(x, _scaled(x, scale_factor_height, scale_factor_width), mode="nearest")


def _bilinear(x: Tensor, scale_factor_height: float, scale_factor_width: float, align_corners: bool) -> Tensor:
    size = _scaled(x, scale_factor_height, scale_factor_width)
    return F.interpolate(x, size, mode="bilinear", align_corners=align_corners)


def _over(reduce: Callable[..., Tensor]) -> Callable[..., Tensor]:
    """`reduce` of torch with MIL's arguments; over all axes without `axes`."""
    return lambda x, keep_dims, axes=None: reduce(x, tuple(range(x.ndim) if axes is None else ints(axes)), keep_dims)


def _prod(x: Tensor, axes: tuple[int, ...], keep_dims: bool) -> Tensor:
    """Axis by axis, since torch supports only one at a time."""
    for axis in sorted((axis % x.ndim for axis in axes), reverse=True):
        x = x.prod(axis, keep_dims)
    return x


LAYERS: dict[str, Callable[..., Any]] = {
    "conv": _conv,
    "conv_transpose": _conv_transpose,
    "linear": lambda x, weight, bias=None: F.linear(x, weight, bias),
    "matmul": _matmul,
    "scaled_dot_product_attention": lambda query, key, value, attn_mask=None: F.scaled_dot_product_attention(
        query, key, value, attn_mask
    ),
    "softmax": lambda x, axis: torch.softmax(x, axis),
    "batch_norm": lambda x, mean, variance, epsilon, gamma=None, beta=None: F.batch_norm(
        x, mean, variance, gamma, beta, eps=epsilon
    ),
    "instance_norm": lambda x, epsilon, gamma=None, beta=None: F.instance_norm(x, None, None, gamma, beta, eps=epsilon),
    "layer_norm": _layer_norm,
    "reduce_max": _over(torch.amax),
    "reduce_min": _over(torch.amin),
    "reduce_mean": _over(torch.mean),
    "reduce_sum": _over(torch.sum),
    "reduce_prod": _over(_prod),
    "reduce_l2_norm": _over(lambda x, axes, keep_dims: torch.linalg.vector_norm(x, 2, axes, keep_dims)),
    "max_pool": _max_pool,
    "avg_pool": _avg_pool,
    "upsample_nearest_neighbor": _nearest,
    "upsample_bilinear": _bilinear,
}
