"""Operators of ML Programs that move, select or repeat values, on torch: part of the table in operators.py."""

from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F


def ints(values: Iterable[Any]) -> list[int]:
    """The form in which torch takes sizes, sides and axes."""
    return [int(value) for value in values]


def pad(x: Tensor, pad: Tensor, mode: str = "constant", constant_val: float = 0.0) -> Tensor:
    """Pad `x` by `pad`, (before, after) of each of its last axes; NotImplementedError for a mode over other axes."""
    sides = torch.as_tensor(pad).reshape(-1, 2).flip(0).flatten()  # torch begins with the last side
    if mode == "constant":
        return F.pad(x, ints(sides), value=constant_val)
    spatial = 2 * (x.ndim - 2)  # torch reflects and repeats only those
    if sides[spatial:].any():
        raise NotImplementedError(f"mode {mode!r} over batch or channels")
    return F.pad(x, ints(sides[:spatial]), mode=mode)


def _concat(values: Iterable[Any], axis: int, interleave: bool = False) -> Tensor:
    if interleave:
        raise NotImplementedError("interleave")
    return torch.cat([torch.atleast_1d(torch.as_tensor(value)) for value in values], axis)


def _stack(values: Iterable[Any], axis: int) -> Tensor:
    return torch.stack([torch.as_tensor(value) for value in values], axis)


def _split(x: Tensor, axis: int, num_splits: int = 1, split_sizes: Tensor | None = None) -> tuple[Tensor, ...]:
    return x.split(x.shape[axis] // num_splits if split_sizes is None else ints(split_sizes), axis)


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
    steps = [1] * x.ndim if stride is None else ints(stride)
    masks = [nothing if mask is None else mask for mask in (begin_mask, end_mask, squeeze_mask)]
    places: list[Any] = []
    for first, last, step, at_begin, to_end, squeeze in zip(ints(begin), ints(end), steps, *masks, strict=True):
        if step < 0:
            raise NotImplementedError("a negative stride")
        places.append(first if squeeze else slice(None if at_begin else first, None if to_end else last, step))
    return x[tuple(places)]


def _slice_by_size(x: Tensor, begin: Tensor, size: Tensor) -> Tensor:
    """A size of -1 extends to the end."""
    for axis, (first, side) in enumerate(zip(ints(begin), ints(size), strict=True)):
        x = x.narrow(axis, first, x.shape[axis] - first if side == -1 else side)
    return x


def _crop(x: Tensor, crop_height: Tensor, crop_width: Tensor) -> Tensor:
    return pad(x, -torch.cat([crop_height, crop_width]))


def _expand_dims(x: Tensor, axes: Tensor) -> Tensor:
    rank = x.ndim + len(axes)
    for axis in sorted(axis % rank for axis in ints(axes)):
        x = x.unsqueeze(axis)
    return x


def _space_to_depth(x: Tensor, block_size: int) -> Tensor:
    """Channels in TensorFlow's order, (dy, dx, c), unlike torch's, (c, dy, dx)."""
    deep = F.pixel_unshuffle(x, block_size)
    n, _, *sides = deep.shape
    return deep.reshape(n, x.shape[1], block_size**2, *sides).transpose(1, 2).reshape(deep.shape)


def _depth_to_space(x: Tensor, block_size: int) -> Tensor:
    n, c, *sides = x.shape
    return F.pixel_shuffle(x.reshape(n, block_size**2, -1, *sides).transpose(1, 2).reshape(n, c, *sides), block_size)


MOVES: dict[str, Callable[..., Any]] = {
    "pad": pad,
    "crop": _crop,
    "concat": _concat,
    "stack": _stack,
    "split": _split,
    "gather": _gather,
    "slice_by_index": _slice,
    "slice_by_size": _slice_by_size,
    "tile": lambda x, reps: x.tile(ints(reps)),
    "reverse": lambda x, axes=None: x.flip(ints(range(x.ndim) if axes is None else axes)),
    "range_1d": lambda start, end, step: torch.arange(start, end, step),
    "shape": lambda x: torch.tensor(x.shape),
    "reshape": lambda x, shape: x.reshape(ints(shape)),
    "transpose": lambda x, perm: x.permute(ints(perm)),
    "expand_dims": _expand_dims,
    "squeeze": lambda x, axes=None: x.squeeze() if axes is None else x.squeeze(ints(axes)),
    "pixel_shuffle": lambda x, upscale_factor: F.pixel_shuffle(x, upscale_factor),
    "pixel_unshuffle": lambda x, downscale_factor: F.pixel_unshuffle(x, downscale_factor),
    "space_to_depth": _space_to_depth,
    "depth_to_space": _depth_to_space,
}
