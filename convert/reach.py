"""How far from a cut a network's picture differs: what tiles have to overlap by."""

import numpy as np
from PIL import Image, ImageOps

from convert.runtimes.face import Runtime
from pix2phone.pictures import read_picture
from train.data.photos import builtin

HALF = 192  # pixels a side of each half of the photo, or the next multiple of the network's grid
LARGEST = 128  # pixels: attention sees the whole picture, however faintly; what lies beyond is left to the ramp
VISIBLE = 0.5 / 255  # a smaller difference is lost in the rounding to bytes


def measure_reach(runtime: Runtime) -> int:
    """The distance in pixels, a multiple of `runtime.grid`, from which on a cut does not show: at most `LARGEST`.

    A held-out photo is painted whole, and each of its halves by itself: upper, lower, left and right. The reach is the
    effective one, which for trained networks is far below the sum of their kernels (Luo et al. 2016, arXiv:1701.04128).
    """
    half = HALF + -HALF % runtime.grid
    photo = Image.fromarray(read_picture(builtin("held-out")[0]))
    picture = np.array(ImageOps.fit(photo, (2 * half, 2 * half), Image.Resampling.LANCZOS))
    whole = _raw(runtime, picture)
    shows = 0
    for turns in range(4):  # each of the four sides becomes the upper one in turn
        painted = np.rot90(_raw(runtime, np.rot90(np.rot90(picture, turns)[half:], -turns)), turns)
        differs = np.abs(painted - np.rot90(whole, turns)[half:]).max(axis=(1, 2)) > VISIBLE
        shows = max(shows, *(int(row) + 1 for row in np.flatnonzero(differs)), 0)
    return min(shows + -shows % runtime.grid, LARGEST)


def _raw(runtime: Runtime, picture: np.ndarray) -> np.ndarray:
    """What the network gives before it is rounded to bytes, in [0, 1]."""
    runtime.load(picture)
    runtime.invoke()
    raw = runtime.raw()
    return raw.astype(np.float32) / 255 if raw.dtype == np.uint8 else raw
