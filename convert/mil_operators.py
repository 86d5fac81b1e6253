"""The operators of ML Programs on torch, in float32: what convert/mil.py knows to evaluate.

Arguments have MIL's names (https://apple.github.io/coremltools/source/coremltools.converters.mil.mil.ops.defs.html) and
come as torch tensors, numbers, words or truth values. NotImplementedError for a use that is not foreseen here.
"""

import math
from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from convert.mil_quantised import QUANTISED


def _ints(values: Iterable[Any]) -> list[int]:
    return [int(value) for value in values]


def _border(x: Tensor, pad_type: str, pad: Tensor, value: float = 0.0) -> Tensor:
    """`x` with `pad` of MIL's order, (before, after) from the first spatial side on, put round it."""
    if pad_type == "valid":
        return x
    if pad_type != "custom":
        raise NotImplementedError(f"pad_type {pad_type!r}")
    return _pad(x, pad, constant_val=value)


def _pad(x: Tensor, pad: Tensor, mode: str = "constant", constant_val: float = 0.0) -> Tensor:
    sides = torch.as_tensor(pad).reshape(-1, 2).flip(0).flatten()  # torch begins with the last side
    if mode == "constant":
        return F.pad(x, _ints(sides), value=constant_val)
    spatial = 2 * (x.ndim - 2)  # torch mirrors and repeats only those
    if sides[spatial:].any():
        raise NotImplementedError(f"mode {mode!r} over batch or channels")
    return F.pad(x, _ints(sides[:spatial]), mode=mode)


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
    convolve = {3: F.conv1d, 4: F.conv2d}[x.ndim]
    return convolve(_border(x, pad_type, pad), weight, bias, _ints(strides), 0, _ints(dilations), groups)


def _max_pool(
    x: Tensor, kernel_sizes: Tensor, strides: Tensor, pad_type: str, pad: Tensor, ceil_mode: bool = False
) -> Tensor:
    padded = _border(x, pad_type, pad, -math.inf)
    return F.max_pool2d(padded, _ints(kernel_sizes), _ints(strides), ceil_mode=ceil_mode)


def _avg_pool(
    x: Tensor,
    kernel_sizes: Tensor,
    strides: Tensor,
    pad_type: str,
    pad: Tensor,
    exclude_padding_from_average: bool = False,
    ceil_mode: bool = False,
) -> Tensor:
    if ceil_mode:
        raise NotImplementedError("ceil_mode")
    size = (_ints(kernel_sizes), _ints(strides))
    mean = F.avg_pool2d(_border(x, pad_type, pad), *size)
    if not exclude_padding_from_average:
        return mean
    return mean / F.avg_pool2d(_border(torch.ones_like(x), pad_type, pad), *size)


def _concat(values: Iterable[Any], axis: int, interleave: bool = False) -> Tensor:
    if interleave:
        raise NotImplementedError("interleave")
    return torch.cat([torch.atleast_1d(torch.as_tensor(value)) for value in values], axis)


def _gather(x: Tensor, indices: Any, axis: int, batch_dims: int = 0, validate_indices: bool = False) -> Tensor:
    if batch_dims:
        raise NotImplementedError("batch_dims")
    places = torch.as_tensor(indices)
    axis %= x.ndim
    picked = x.index_select(axis, places.flatten().long())
    return picked.reshape([*x.shape[:axis], *places.shape, *x.shape[axis + 1 :]])


def _slice(
    x: Tensor,
    begin: Tensor,
    end: Tensor,
    stride: Tensor | None = None,
    begin_mask: Tensor | None = None,
    end_mask: Tensor | None = None,
    squeeze_mask: Tensor | None = None,
) -> Tensor:
    nothing = [False] * x.ndim
    steps = [1] * x.ndim if stride is None else _ints(stride)
    masks = [nothing if mask is None else mask for mask in (begin_mask, end_mask, squeeze_mask)]
    places: list[Any] = []
    for first, last, step, at_begin, to_end, squeeze in zip(_ints(begin), _ints(end), steps, *masks, strict=True):
        if step < 0:
            raise NotImplementedError("a negative stride")
        places.append(first if squeeze else slice(None if at_begin else first, None if to_end else last, step))
    return x[tuple(places)]


def _expand_dims(x: Tensor, axes: Tensor) -> Tensor:
    rank = x.ndim + len(axes)
    for axis in sorted(axis % rank for axis in _ints(axes)):
        x = x.unsqueeze(axis)
    return x


def _matmul(x: Tensor, y: Tensor, transpose_x: bool = False, transpose_y: bool = False) -> Tensor:
    return torch.matmul(x.mT if transpose_x else x, y.mT if transpose_y else y)


def _nearest(x: Tensor, scale_factor_height: float, scale_factor_width: float) -> Tensor:
    return F.interpolate(x, scale_factor=(float(scale_factor_height), float(scale_factor_width)), mode="nearest")


def _bilinear(x: Tensor, scale_factor_height: float, scale_factor_width: float, align_corners: bool) -> Tensor:
    size = [int(x.shape[2] * scale_factor_height), int(x.shape[3] * scale_factor_width)]
    return F.interpolate(x, size=size, mode="bilinear", align_corners=align_corners)


def _space_to_depth(x: Tensor, block_size: int) -> Tensor:
    """Channels in TensorFlow's order, (dy, dx, c), and not in torch's, (c, dy, dx)."""
    deep = F.pixel_unshuffle(x, block_size)
    n, _, *sides = deep.shape
    return deep.reshape(n, x.shape[1], block_size**2, *sides).transpose(1, 2).reshape(deep.shape)


def _depth_to_space(x: Tensor, block_size: int) -> Tensor:
    n, c, *sides = x.shape
    return F.pixel_shuffle(x.reshape(n, block_size**2, -1, *sides).transpose(1, 2).reshape(n, c, *sides), block_size)


OPERATORS: dict[str, Callable[..., Any]] = {
    "cast": lambda x, dtype: x,  # every result takes its variable's type
    "identity": lambda x: x,
    "add": lambda x, y: x + y,
    "sub": lambda x, y: x - y,
    "mul": lambda x, y: x * y,
    "real_div": lambda x, y: x / y,
    "maximum": lambda x, y: torch.maximum(torch.as_tensor(x), torch.as_tensor(y)),
    "minimum": lambda x, y: torch.minimum(torch.as_tensor(x), torch.as_tensor(y)),
    "clip": lambda x, alpha, beta: x.clamp(alpha, beta),
    "relu": lambda x: F.relu(x),
    "leaky_relu": lambda x, alpha: F.leaky_relu(x, alpha),
    "sigmoid": lambda x: torch.sigmoid(x),
    "tanh": lambda x: torch.tanh(x),
    "conv": _conv,
    "matmul": _matmul,
    "softmax": lambda x, axis: torch.softmax(x, axis),
    "batch_norm": lambda x, mean, variance, epsilon, gamma=None, beta=None: F.batch_norm(
        x, mean, variance, gamma, beta, eps=epsilon
    ),
    "instance_norm": lambda x, epsilon, gamma=None, beta=None: F.instance_norm(x, None, None, gamma, beta, eps=epsilon),
    "reduce_mean": lambda x, axes, keep_dims: x.mean(_ints(axes), keep_dims),
    "max_pool": _max_pool,
    "avg_pool": _avg_pool,
    "upsample_nearest_neighbor": _nearest,
    "upsample_bilinear": _bilinear,
    "pad": _pad,
    "concat": _concat,
    "gather": _gather,
    "slice_by_index": _slice,
    "shape": lambda x: torch.tensor(x.shape),
    "reshape": lambda x, shape: x.reshape(_ints(shape)),
    "transpose": lambda x, perm: x.permute(_ints(perm)),
    "expand_dims": _expand_dims,
    "squeeze": lambda x, axes=None: x.squeeze() if axes is None else x.squeeze(_ints(axes)),
    "pixel_shuffle": lambda x, upscale_factor: F.pixel_shuffle(x, upscale_factor),
    "pixel_unshuffle": lambda x, downscale_factor: F.pixel_unshuffle(x, downscale_factor),
    "space_to_depth": _space_to_depth,
    "depth_to_space": _depth_to_space,
    **QUANTISED,
}
