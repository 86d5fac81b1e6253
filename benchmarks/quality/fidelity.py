"""Fidelity of a row's pictures: every measure by photo, and its mean with the standard error."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from skimage.color import deltaE_ciede2000, rgb2lab

from benchmarks.quality.motion import shimmer
from pix2phone.arrays import Painter
from pix2phone.console import muted
from train.data.source import Painted, Pairs
from train.metrics import scores
from train.seams import PERIODS, TILE, crops, mean_step, spectral_peaks
from train.styles import load_style

Photo = dict[str, Any]  # scores of one photo
MS_SSIM_SIDE = 176  # pixels: five scales of an 11 x 11 window


@dataclass(frozen=True)
class Measure:
    """Display of a measure; `better` is +1 where higher is better, -1 where lower is. `about` is one sentence."""

    heading: str
    digits: int
    better: int
    about: str


MEASURES = {
    "psnr": Measure("PSNR, dB", 2, 1, "Peak signal-to-noise ratio against the target."),
    "ssim": Measure("SSIM", 3, 1, "Structural similarity (Wang et al. 2004)."),
    "ms_ssim": Measure("MS-SSIM", 3, 1, "The same over five scales (Wang et al. 2003)."),
    "perceptual": Measure(
        "VGG/HED distance", 4, -1, "Features of a VGG-16 tuned on edges (HED): perceptual, but not LPIPS."
    ),
    "gradient_error": Measure("gradient error", 2, -1, "Mean error of neighbouring differences, grey levels."),
    "colour_error": Measure("ΔE 2000", 2, -1, "Mean colour difference by CIEDE2000; about 1 is just visible."),
    "checkerboard": Measure(
        "checkerboard, dB",
        2,
        -1,
        "By how much the frequency of the network's own grid that stands out most stands out more than in the targets "
        "(Odena et al. 2016).",
    ),
    "crop": Measure(
        "crop, dB", 1, 1, "PSNR of a crop's picture against that part of the whole's: does it paint the same again?"
    ),
    "lpips": Measure("LPIPS", 4, -1, "LPIPS v0.1 on AlexNet (Zhang et al. 2018)."),
    "kid": Measure(
        "KID", 4, -1, "Kernel Inception distance to the targets, torchvision's Inception v3; ± over subsets."
    ),
    "motion": Measure(
        "shimmer, grey levels",
        2,
        -1,
        "By how much paint that moves with an exactly known pan, zoom or turn differs from a fresh painting, less what "
        "the program that made the targets does itself.",
    ),
}


def photo_scores(picture: np.ndarray, target: np.ndarray, multi_scale: bool = True) -> Photo:
    """The measures of one uint8 H x W x 3 picture against its target.

    "ms_ssim" only with `multi_scale`, and if the sides are long enough.
    """
    found: Photo = scores(picture, target) | {"colour_error": round(colour_error(picture, target), 6)}
    if multi_scale and min(picture.shape[:2]) >= MS_SSIM_SIDE:
        found["ms_ssim"] = round(ms_ssim(picture, target), 6)
    return found


def colour_error(picture: np.ndarray, target: np.ndarray) -> float:
    """Mean CIEDE2000 colour difference (Sharma et al. 2005) of two uint8 sRGB pictures."""
    return float(deltaE_ciede2000(*(rgb2lab(image) for image in (picture, target))).mean())


def ms_ssim(picture: np.ndarray, target: np.ndarray) -> float:
    """Multi-scale structural similarity, mean over the channels; sides of at least `MS_SSIM_SIDE`."""
    with muted():
        import tensorflow as tf

        return float(tf.image.ssim_multiscale(picture[None], target[None], 255)[0])


def stability(paint: Painter, photo: np.ndarray, painted: np.ndarray, period: int) -> Photo:
    """Stability of `paint` on one photo: its grid's "peaks", a crop's "psnr" and "step", "motion".

    `painted` is paint(photo); a picture smaller than a tile has no peaks.
    """
    return peaks(painted, period) | crops(paint, photo, painted)._asdict() | {"motion": shimmer(paint, photo, painted)}


def peaks(picture: np.ndarray, period: int) -> Photo:
    """train.seams.spectral_peaks as plain lists, under "peaks"; empty for a picture smaller than a tile."""
    return {"peaks": spectral_peaks(picture, period).tolist()} if min(picture.shape[:2]) >= TILE else {}


def period_of(multiple: int) -> int:
    """The longest of `PERIODS` that divides `multiple`; 16, a multiple of the others, if none does."""
    return max((period for period in PERIODS if multiple % period == 0), default=PERIODS[-1])


class Targets:
    """Stability of the targets, by photo, the same for all rows: computed once."""

    def __init__(self, source: Pairs) -> None:
        self.paint = program_of(source)
        self._known: dict[str, Photo] = {}

    def stability(self, name: str, photo: np.ndarray, target: np.ndarray, period: int) -> Photo:
        """As `stability`; without a program only the measures of the target itself, and "psnr" is None."""
        if name not in self._known:
            found: Photo = {"psnr": None, "step": mean_step(target)}
            if self.paint:
                found = crops(self.paint, photo, target)._asdict() | {"motion": shimmer(self.paint, photo, target)}
            self._known[name] = found
        return peaks(target, period) | self._known[name]


@cache
def program_of(source: Pairs) -> Painter | None:
    """The program that makes the targets; None for ready pairs and looks of one size, which cannot paint crops."""
    style = load_style(source.style) if isinstance(source, Painted) else None
    return None if style is None or style.size else style.paint


def summarise(photos: Sequence[Photo]) -> tuple[dict[str, Any], dict[str, Any]]:
    """{measure: mean} of `MEASURES`, and {measure: standard error of that mean}, over the photos with that measure.

    A photo holds its scores by measure and, for close photos, the stability of "painted" and "target".
    """
    values = {name: [photo[name] for photo in photos if name in photo] for name in MEASURES} | _excesses(photos)
    known = {name: mean_and_error(found) for name, found in values.items() if found}
    means, errors = ({name: round(pair[side], 4) for name, pair in known.items()} for side in (0, 1))
    return means, errors


def _excesses(photos: Sequence[Photo]) -> dict[str, list[float]]:
    close = [photo for photo in photos if "painted" in photo]
    marked = [photo for photo in close if "peaks" in photo["painted"]]
    moved = [photo for photo in close if "motion" in photo["target"]]
    return {
        "checkerboard": worst_peak(marked)[1] if marked else [],
        "crop": [photo["painted"]["psnr"] for photo in close],
        "motion": [photo["painted"]["motion"] - photo["target"]["motion"] for photo in moved],
    }


def worst_peak(photos: Sequence[Photo]) -> tuple[tuple[int, int], list[float]]:
    """The frequency at which "painted" exceeds "target" most, and the excess in dB by photo.

    The frequency, (0 across or 1 down, index), is the one with the greatest mean over the photos.
    """
    painted, target = (np.array([photo[side]["peaks"] for photo in photos]) for side in ("painted", "target"))
    excess = painted - target
    row, column = np.unravel_index(np.argmax(excess.mean(axis=0)), excess.shape[1:])
    return (int(row), int(column)), excess[:, row, column].tolist()


def mean_and_error(values: Sequence[float]) -> tuple[float, float]:
    """Mean, to the scores' six digits, and its standard error; 0 for a single value."""
    error = np.std(values, ddof=1) / math.sqrt(len(values)) if len(values) > 1 else 0.0
    return round(float(np.mean(values)), 6), float(error)
