"""Is a made file the same network? It runs in its own runtime on held-out photos and is compared with torch."""

from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from convert.runtimes.face import NotRun, Runtime, pad
from convert.runtimes.open import open_runtime
from convert.runtimes.torch_model import TorchRuntime
from pix2phone.errors import CheckFailed
from pix2phone.pictures import read_picture
from train.metrics import PEAK_DB, psnr
from train.models.contract import Generator

SIZES = ((256, 256), (413, 531), (512, 384), (97, 61))  # height, width: square, the paper's odd one, upright, small
TILE = 32


@dataclass(frozen=True)
class Verdict:
    """What is known of one file: "passed", "failed" or "not run", why, and the figures (dB) of its worst photo."""

    verdict: str
    reason: str = ""
    psnr: float | None = None
    worst_tile: float | None = None
    photos: int = 0
    sizes: tuple[str, ...] = ()


def cut_pictures(photos: list[Path]) -> list[np.ndarray]:
    """One photo for each of `SIZES`, spread evenly over `photos`, scaled and cropped to it: uint8 H x W x 3."""
    chosen = [photos[index * len(photos) // len(SIZES)] for index in range(len(SIZES))]
    return [
        np.array(ImageOps.fit(Image.fromarray(read_picture(photo)), (width, height), Image.Resampling.LANCZOS))
        for photo, (height, width) in zip(chosen, SIZES, strict=True)
    ]


class Reference:
    """What the float original paints; each picture is painted once, however many files are compared with it."""

    def __init__(self, original: Generator | Runtime) -> None:
        self.runtime = original if isinstance(original, Runtime) else TorchRuntime(original, original.spec.multiple)
        self.painted: dict[tuple[tuple[int, ...], bytes], np.ndarray] = {}

    def __call__(self, picture: np.ndarray) -> np.ndarray:
        """Paint uint8 H x W x 3. CheckFailed when the model gives NaN: then there is nothing to compare with."""
        key = (picture.shape, picture.tobytes())
        if key not in self.painted:
            self.painted[key] = self.runtime(picture)
            if not np.isfinite(self.runtime.raw()).all():
                raise CheckFailed("the checkpoint itself paints NaN; train it again")
        return self.painted[key]


def check(path: Path, reference: Reference, pictures: list[np.ndarray], floor: float) -> Verdict:
    """Run the file at `path` on `pictures` beside `reference`.

    It fails if its raw output is not finite anywhere, or if the PSNR of any picture falls below `floor` dB. Both get
    the picture padded as the file's runtime needs it, so that the same border surrounds it. Raises CheckFailed when
    `reference` gives NaN.
    """
    try:
        runtime = open_runtime(path)
    except NotRun as not_run:
        return Verdict("not run", not_run.reason)
    pictures = [taken(runtime, picture) for picture in pictures]
    scores = [_compare(runtime, reference, pad(picture, *runtime.padded(*picture.shape[:2]))) for picture in pictures]
    sizes = tuple("x".join(map(str, picture.shape[:2])) for picture in pictures)
    tried = partial(Verdict, photos=len(pictures), sizes=sizes)
    whole, tile = (round(min(column), 2) for column in zip(*scores, strict=True))
    if np.isnan(scores).any():
        return tried("failed", "NaN in its output")
    if whole < floor:
        return tried("failed", f"{whole:.1f} dB from torch, below {floor:.0f}", psnr=whole, worst_tile=tile)
    return tried("passed", psnr=whole, worst_tile=tile)


def taken(runtime: Runtime, picture: np.ndarray) -> np.ndarray:
    """The upper left of `picture`, as much of it as a runtime of fixed sizes takes."""
    height, width = runtime.sizes[-1] if runtime.sizes else picture.shape[:2]
    return picture[:height, :width]


def _compare(runtime: Runtime, reference: Reference, picture: np.ndarray) -> tuple[float, float]:
    """PSNR in dB of the whole picture and of its worst tile; NaN for an output that is not finite."""
    wanted, painted = reference(picture), runtime(picture)
    if not np.isfinite(runtime.raw()).all():
        return float("nan"), float("nan")
    return psnr(painted, wanted), worst_tile(painted, wanted)


def worst_tile(first: np.ndarray, second: np.ndarray) -> float:
    """PSNR in dB of the 32 x 32 tile in which two uint8 pictures differ most; tiles at the edges may be smaller."""
    error = ((first.astype(np.float32) - second.astype(np.float32)) ** 2).mean(axis=2)
    rows, columns = (range(0, side, TILE) for side in error.shape)
    sums = np.add.reduceat(np.add.reduceat(error, rows, axis=0), columns, axis=1)
    heights, widths = (np.diff([*starts, side]) for starts, side in zip((rows, columns), error.shape, strict=True))
    worst = float((sums / np.outer(heights, widths)).max())
    return min(PEAK_DB, float(10 * np.log10(255.0**2 / worst))) if worst > 0 else PEAK_DB
