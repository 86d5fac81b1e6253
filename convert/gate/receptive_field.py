"""Measured receptive field of a network: the distance from a cut within which outputs differ, and the tile overlap."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import Image, ImageOps

from convert.runtimes.base import Runtime, pad
from pix2phone.pictures import read_picture
from train.data.photos import builtin

HALVES = (192, 384, 768)  # pixels a side of each half of the photo, or the next multiple of the network's grid
STRIDE = 32  # pixels: for a network of one size, cuts lie on multiples of it, where most have their strides
VISIBLE = 0.5 / 255  # smaller differences vanish in the rounding to bytes


@dataclass(frozen=True)
class ReceptiveField:
    """`pixels`: the distance, a multiple of the network's grid, beyond which a cut has no effect.

    None: a cut has an effect up to the measured distance, `measured_to` pixels.
    """

    pixels: int | None
    measured_to: int


def cuts(runtime: Runtime, operator: str) -> dict[str, Any]:
    """Metadata for tiling: `tiling` "local" with the `reach` in pixels, or "global": painted whole.

    Global if an `operator` depends on the whole picture, or a cut has an effect at `reach_beyond` pixels, the limit of
    the measurement.
    """
    if operator:
        return {"tiling": "global", "global_operator": operator}
    field = measure(runtime)
    if field.pixels is None:
        return {"tiling": "global", "global_operator": "", "reach_beyond": field.measured_to}
    return {"tiling": "local", "reach": field.pixels}


def measure(runtime: Runtime) -> ReceptiveField:
    """The receptive field of a network, on a held-out photo.

    The photo is painted whole, and each of its halves separately: upper, lower, left and right; a larger one if that is
    inconclusive, up to the last of `HALVES`. The result is the effective receptive field, which for trained networks
    is far below the sum of their kernels (Luo et al. 2016, arXiv:1701.04128). A file of one size paints the photo moved
    by half of it instead.
    """
    if runtime.sizes:
        size = runtime.sizes[0]
        return ReceptiveField(_measure(runtime, size), min(size) // 4)  # each half has a cut at both of its ends
    halves = [half + -half % runtime.grid for half in HALVES]
    for half in halves:
        pixels = _measure(runtime, (2 * half, 2 * half))
        if pixels is not None:
            break
    return ReceptiveField(pixels, half)


def _measure(runtime: Runtime, size: tuple[int, int]) -> int | None:
    """The receptive field in pixels on a photo of that size; None if a cut has an effect to the end of a half."""
    photo = Image.fromarray(read_picture(builtin("held-out")[0]))
    picture = np.array(ImageOps.fit(photo, size[::-1], Image.Resampling.LANCZOS))
    whole = _raw(runtime, picture)
    reach = 0
    for turns in range(4):  # each of the four sides becomes the upper one in turn
        turned = np.rot90(picture, turns)
        cut = _cut(len(turned), bool(runtime.sizes))
        painted = np.rot90(_paint_part(runtime, np.rot90(turned[cut:], -turns)), turns)
        differs = np.abs(painted - np.rot90(whole, turns)[cut:]).max(axis=(1, 2)) > VISIBLE
        shows = _last(differs, bool(runtime.sizes))
        if shows is None:
            return None
        reach = max(reach, shows)
    return reach + -reach % runtime.grid


def _cut(side: int, is_fixed: bool) -> int:
    """Position of the cut: in the middle, or before it on a stride."""
    return (side // 2 // STRIDE * STRIDE if is_fixed else 0) or side // 2


def _last(differs: np.ndarray, has_two_cuts: bool) -> int | None:
    """Number of rows from the cut to the last that differs, None if to the end.

    A picture padded to a file's one size has a second cut, at its end: there each half belongs to the nearer one.
    """
    rows = np.flatnonzero(differs) + 1
    if has_two_cuts:
        rows, length = np.minimum(rows, len(differs) + 1 - rows), len(differs) // 2
    else:
        length = len(differs)
    last = int(rows.max(initial=0))
    return last if last < length else None


def _paint_part(runtime: Runtime, part: np.ndarray) -> np.ndarray:
    """The network's output for `part`, padded meanwhile as its file needs it."""
    height, width = part.shape[:2]
    return _raw(runtime, pad(part, *runtime.padded(height, width)))[:height, :width]


def _raw(runtime: Runtime, picture: np.ndarray) -> np.ndarray:
    """The network's output before it is rounded to bytes, in [0, 1]."""
    runtime.load(picture)
    runtime.invoke()
    raw = runtime.raw()
    return raw.astype(np.float32) / 255 if raw.dtype == np.uint8 else raw
