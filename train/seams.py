"""Artefacts of a network's strides: checkerboards, and seams where crops meet. Pictures are uint8 RGB.

A layer with stride or depth-to-space treats the pixels of one period differently (Odena et al. 2016, "Deconvolution
and checkerboard artifacts"). This has two effects: every picture has a pattern of that period, and the picture changes
when the photo is shifted against the grid.
"""

from typing import NamedTuple

import numpy as np

from pix2phone.arrays import Painter
from train.metrics import psnr

TILE = 64  # pixels a side
PERIODS = (2, 4, 8, 16)
BESIDE = np.array((-2, 2))  # bins from a line to its background: a Hann window spreads a line over the next bin only
MARGIN = 64  # pixels along a crop's sides that are not compared: there a network sees padding
SHIFTS = ((1, 3), (2, 5))  # down and right, pixels; none is a multiple of 4 or 8


def spectral_peaks(picture: np.ndarray, period: int) -> np.ndarray:
    """Power of the frequencies 1/period, 2/period ... 1/2 per pixel above that of the frequencies beside them, in dB.

    2 x period / 2 values, across and down, for a period of 2, 4, 8 or 16 pixels; about 0 or a little less in a picture
    without a pattern of that period. Powers are taken in tiles of 64 x 64 and averaged as logarithms, so that a pattern
    counts in a calm sky as much as in busy leaves that would outshine it, and whatever its sign there. Under each
    spectrum lies the noise of rounding to bytes: weaker peaks are not seen.
    ValueError for another period or a picture below a tile.
    """
    if period not in PERIODS:
        raise ValueError(f"period {period}: must be one of {PERIODS}")
    if min(picture.shape[:2]) < TILE:
        raise ValueError(f"a picture of at least {TILE} pixels a side is needed")
    planes = np.moveaxis(picture.astype(np.float32), 2, 0)
    return np.stack([_peaks(planes, period), _peaks(planes.swapaxes(1, 2), period)])


def _peaks(planes: np.ndarray, period: int) -> np.ndarray:
    """Of the last axis of 3 x H x W; the rows of a tile have their power in common."""
    down, across = (side // TILE for side in planes.shape[1:])
    tiles = planes[:, : down * TILE, : across * TILE].reshape(3, down, TILE, across, TILE)
    window = np.hanning(TILE + 1)[:TILE].astype(np.float32)
    power = np.square(np.abs(np.fft.rfft(tiles * window, axis=-1))).mean(axis=2)
    rounding = float(np.square(window).sum()) / 12
    decibels = 10 * np.log10(power + rounding).mean(axis=(0, 1, 2))
    lines = np.arange(TILE // period, TILE // 2 + 1, TILE // period)
    beside = lines[:, None] + BESIDE
    return decibels[lines] - decibels[np.minimum(beside, TILE - beside)].mean(axis=1)  # above 1/2 it mirrors


class Crops(NamedTuple):
    """`psnr`: a crop's picture against that part of the whole's, dB. `step`: across a seam of both, grey levels.

    `psnr` is None for pictures that nothing here can paint again.
    """

    psnr: float | None
    step: float


def crops(paint: Painter, photo: np.ndarray, whole: np.ndarray) -> Crops:
    """Paint crops of a photo that begin at `SHIFTS`: means over them of how they agree inside with `whole`.

    `whole` is paint(photo). `step` is the mean difference of neighbours of which one comes from the whole, one from the
    crop, wherever the seam is laid. A painter that sees only neighbourhoods and has no grid gets 100 dB, and its own
    pictures' mean step.
    """
    pairs = []
    for down, right in SHIFTS:
        part = paint(np.ascontiguousarray(photo[down:, right:]))
        pairs.append((_inside(part), _inside(whole[down:, right:])))
    return Crops(*np.mean([(psnr(*pair), _step(*pair)) for pair in pairs], axis=0).tolist())


def mean_step(picture: np.ndarray) -> float:
    """The mean difference of neighbours inside a picture, grey levels: the `step` of a seam that is none."""
    return _step(_inside(picture), _inside(picture))


def _inside(picture: np.ndarray) -> np.ndarray:
    margin = min(MARGIN, min(picture.shape[:2]) // 4)
    return picture[margin:-margin, margin:-margin].astype(np.float32)


def _step(first: np.ndarray, second: np.ndarray) -> float:
    down, across = np.abs(first[1:] - second[:-1]), np.abs(first[:, 1:] - second[:, :-1])
    return float((down.mean() + across.mean()) / 2)
