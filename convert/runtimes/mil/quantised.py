"""Operators of ML Programs on quantised values, on torch: part of the table in operators.py."""

import math
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import torch
from torch import Tensor


def _along(parameter: Any, x: Tensor, axis: int | None) -> Any:
    """A scale or zero point for each channel along `axis`, in a shape that broadcasts; a single one is unchanged."""
    if not isinstance(parameter, Tensor) or parameter.ndim == 0:
        return parameter
    shape = [1] * x.ndim
    shape[axis or 0] = -1
    return parameter.float().reshape(shape)


def _quantize(
    input: Tensor, scale: Any, output_dtype: str, zero_point: Any = 0, axis: int | None = None
) -> Tensor:  # halves round to even, as in torch and numpy; Core ML does not specify it
    levels = torch.round(input / _along(scale, input, axis)) + _along(zero_point, input, axis)
    least, most = {"uint8": (0, 255), "int8": (-128, 127)}[output_dtype]
    return levels.clamp(least, most)


def _dequantize(input: Tensor, scale: Any, zero_point: Any = 0, axis: int | None = None) -> Tensor:
    return (input.float() - _along(zero_point, input, axis)) * _along(scale, input, axis)


def _affine_dequantize(quantized_data: Tensor, zero_point: Any, scale: Any, axis: int) -> Tensor:
    return _dequantize(quantized_data, scale, zero_point, axis)


def _spread(blocks: Tensor, shape: Iterable[int]) -> Tensor:
    """Each value of `blocks` repeated over its block of a tensor of `shape`."""
    for axis, side in enumerate(shape):
        blocks = blocks.repeat_interleave(side // blocks.shape[axis], axis)
    return blocks


def _blockwise(data: Tensor, scale: Tensor, offset: Tensor | None = None) -> Tensor:
    shift = 0 if offset is None else _spread(offset.float(), data.shape)
    return (data.float() - shift) * _spread(scale, data.shape)


def _look_up(indices: Tensor, lut: Tensor, shape: Tensor | None = None, vector_axis: int | None = None) -> Tensor:
    """iOS 16, with `shape`: indices packed bit by bit into bytes; iOS 18, without: a table for each block."""
    if shape is not None:
        bits = int(math.log2(len(lut)))
        stream = np.unpackbits(indices.numpy().astype(np.uint8), bitorder="little")
        count = math.prod(shape.tolist())
        packed = stream[: bits * count].reshape(count, bits) @ (1 << np.arange(bits))
        return lut[torch.from_numpy(packed)].reshape(shape.tolist())
    tables = _spread(lut, indices.shape)  # indices' shape x values x vector
    places = indices.long()[..., None, None].expand(*indices.shape, 1, lut.shape[-1])
    vectors = tables.gather(-2, places).squeeze(-2)
    axis = 0 if vector_axis is None else vector_axis % indices.ndim
    return vectors.movedim(-1, axis + 1).flatten(axis, axis + 1)


QUANTISED: dict[str, Callable[..., Tensor]] = {
    "quantize": _quantize,
    "dequantize": _dequantize,
    "constexpr_affine_dequantize": _affine_dequantize,
    "constexpr_blockwise_shift_scale": _blockwise,
    "constexpr_lut_to_dense": _look_up,
}
