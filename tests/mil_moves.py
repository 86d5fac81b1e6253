"""For each MIL operator that only moves, picks or reshapes values: a use of it, and the same in torch."""

import numpy as np
import torch
from coremltools.converters.mil import Builder as mb
from coremltools.converters.mil.mil import Var
from mil_programs import Case, flat, mb_flat
from torch.nn import functional as F


def space_to_depth(x: torch.Tensor, size: int) -> torch.Tensor:
    """As TensorFlow has it: channels (dy, dx, c)."""
    n, c, h, w = x.shape
    blocks = x.reshape(n, c, h // size, size, w // size, size)
    return blocks.permute(0, 3, 5, 1, 2, 4).reshape(n, -1, h // size, w // size)


def side(x: Var, axis: int) -> Var:
    return mb.gather(x=mb.shape(x=x), indices=axis, axis=0)


MOVES: dict[str, Case] = {
    "pad": (
        lambda x: mb.pad(x=x, pad=[0, 1, 1, 2, 0, 1], constant_val=0.5),
        lambda x: F.pad(x, (0, 1, 1, 2, 0, 1), value=0.5),
    ),
    "pad, reflect": (
        lambda x: mb.pad(x=x, pad=[0, 0, 0, 0, 1, 2, 3, 0], mode="reflect"),
        lambda x: F.pad(x, (3, 0, 1, 2), mode="reflect"),
    ),
    "pad, replicate": (
        lambda x: mb.pad(x=x, pad=[1, 2, 3, 0], mode="replicate"),
        lambda x: F.pad(x, (3, 0, 1, 2), mode="replicate"),
    ),
    "concat": (lambda x: mb.concat(values=[x, mb.relu(x=x)], axis=1), lambda x: torch.cat([x, F.relu(x)], 1)),
    "crop": (
        lambda x: mb.crop(x=x, crop_height=[1, 0], crop_width=[2, 3]),
        lambda x: x[:, :, 1:, 2:-3],
    ),
    "stack": (lambda x: mb.stack(values=[x, mb.relu(x=x)], axis=1), lambda x: torch.stack([x, F.relu(x)], 1)),
    "split": (
        lambda x: mb.concat(values=mb.split(x=x, num_splits=4, axis=1)[::-1], axis=1),
        lambda x: torch.cat(x.chunk(4, 1)[::-1], 1),
    ),
    "split, sizes": (lambda x: mb.split(x=x, split_sizes=[1, 4, 1], axis=-2)[1], lambda x: x[:, :, 1:5]),
    "tile": (lambda x: mb.tile(x=x, reps=[1, 2, 1, 3]), lambda x: x.repeat(1, 2, 1, 3)),
    "reverse": (lambda x: mb.reverse(x=x, axes=[1, 3]), lambda x: x.flip(1, 3)),
    "reverse, all": (lambda x: mb.reverse(x=x), lambda x: x.flip(0, 1, 2, 3)),
    "range_1d": (
        lambda x: mb.gather(x=x, indices=mb.range_1d(start=1, end=side(x, 3), step=3), axis=3),
        lambda x: x[..., 1::3],
    ),
    "gather": (lambda x: mb.gather(x=x, indices=[3, 1], axis=2), lambda x: x[:, :, [3, 1]]),
    "slice_by_index": (
        lambda x: mb.slice_by_index(
            x=x,
            begin=[0, 1, 2, 1],
            end=[1, 7, 0, -1],
            stride=[1, 2, 1, 1],
            end_mask=[False, False, True, False],
        ),
        lambda x: x[0:1, 1:7:2, 2:, 1:-1],
    ),
    "slice_by_index, one": (
        lambda x: mb.slice_by_index(
            x=x, begin=[0, 1, 2, 9], end=[1, 3, 5, 9], squeeze_mask=[False, False, False, True]
        ),
        lambda x: x[0:1, 1:3, 2:5, 9],
    ),
    "slice_by_size": (
        lambda x: mb.slice_by_size(x=x, begin=[0, 1, 2, 3], size=[-1, 2, -1, 4]),
        lambda x: x[:, 1:3, 2:, 3:7],
    ),
    "reshape": (lambda x: mb.reshape(x=x, shape=[4, -1, 3]), lambda x: x.reshape(4, -1, 3)),
    "shape": (
        lambda x: mb.reshape(x=mb_flat(x), shape=mb.concat(values=[1, 8, side(x, 3), side(x, 2)], axis=0)),
        lambda x: x.reshape(1, 8, 10, 6),
    ),
    "transpose": (lambda x: mb.transpose(x=x, perm=[0, 2, 3, 1]), lambda x: x.permute(0, 2, 3, 1)),
    "expand_dims": (lambda x: mb.expand_dims(x=mb_flat(x), axes=[0, -1]), lambda x: flat(x)[None, ..., None]),
    "squeeze": (lambda x: mb.squeeze(x=x, axes=[0]), lambda x: x.squeeze(0)),
    "pixel_shuffle": (lambda x: mb.pixel_shuffle(x=x, upscale_factor=2), lambda x: F.pixel_shuffle(x, 2)),
    "pixel_unshuffle": (
        lambda x: mb.pixel_unshuffle(x=x, downscale_factor=np.uint32(2)),
        lambda x: F.pixel_unshuffle(x, 2),
    ),
    "space_to_depth": (lambda x: mb.space_to_depth(x=x, block_size=2), lambda x: space_to_depth(x, 2)),
    "depth_to_space": (
        lambda x: mb.depth_to_space(x=mb.space_to_depth(x=x, block_size=2), block_size=2),
        lambda x: x,
    ),
}
