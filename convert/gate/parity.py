"""Parity check: an artefact runs in its own runtime on held-out photos and is compared with torch."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from convert.runtimes.base import NotRun, Runtime, pad
from convert.runtimes.open import open_each
from convert.sizes import Size, size_text
from pix2phone.errors import CheckFailed, UserError, first_line
from pix2phone.pictures import read_picture
from train.metrics import PEAK_DB, psnr

ODD: tuple[Size, ...] = ((413, 531), (512, 384), (97, 61))  # the paper's odd size, upright, small
TILE = 32
Locate = Callable[[Runtime, np.ndarray], str]  # first differing layer of a file, on a picture


@dataclass(frozen=True)
class Cell:
    """One file at one size: "passed" (in brackets, how), "failed" or "not run", the reason, and the differences.

    `psnr` and `worst_tile` in dB, `largest` in grey levels, all from the torch network with the file's own roundings;
    `from_float` in dB from the one without.
    """

    size: str
    verdict: str
    reason: str = ""
    psnr: float | None = None
    worst_tile: float | None = None
    largest: int | None = None
    from_float: float | None = None


class Reference:
    """The output of a network in its own runtime; each picture is painted once, however many files are compared."""

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime
        self.painted: dict[tuple[tuple[int, ...], bytes], np.ndarray] = {}

    def __call__(self, picture: np.ndarray) -> np.ndarray:
        """Paint uint8 H x W x 3. CheckFailed when the network returns NaN, since a comparison is impossible."""
        key = (picture.shape, picture.tobytes())
        if key not in self.painted:
            self.painted[key] = self.runtime(picture)
            if not np.isfinite(self.runtime.raw()).all():
                raise CheckFailed("the checkpoint itself paints NaN; train it again")
        return self.painted[key]


@dataclass(frozen=True)
class Gate:
    """The reference of a file.

    `same` is the network with the file's own roundings: `floor` dB, and nowhere more than `largest` grey levels. If it
    is rounded, `whole` is the unrounded network: `whole_floor` dB. `locate` finds the first differing layer of a file
    that fails.
    """

    same: Reference
    floor: float
    largest: int = 255
    whole: Reference | None = None
    whole_floor: float = 0.0
    locate: Locate | None = None

    def judge(self, cell: Cell) -> str:
        """The reason why a cell with these figures fails; empty if it passes."""
        assert cell.psnr is not None and cell.largest is not None
        if cell.psnr < self.floor:
            return f"{cell.psnr:.1f} dB from torch, below {self.floor:.0f}"
        if cell.largest > self.largest:
            return f"{cell.largest} grey levels from torch somewhere, more than {self.largest}"
        if cell.from_float is not None and cell.from_float < self.whole_floor:
            return f"{cell.from_float:.1f} dB from torch in float, below {self.whole_floor:.0f}"
        return ""


def cut_pictures(photos: list[Path], sizes: Sequence[Size]) -> list[np.ndarray]:
    """One photo for each of `sizes`, spread evenly over `photos`, scaled and cropped to it: uint8 H x W x 3."""
    chosen = [photos[index * len(photos) // len(sizes)] for index in range(len(sizes))]
    return [
        np.array(ImageOps.fit(Image.fromarray(read_picture(photo)), (width, height), Image.Resampling.LANCZOS))
        for photo, (height, width) in zip(chosen, sizes, strict=True)
    ]


def check(path: Path, gate: Gate, pictures: list[np.ndarray]) -> list[Cell]:
    """Run the file at `path` on `pictures` beside the networks of `gate`: one cell for each picture's size.

    Pictures that a file of listed sizes cuts to the same size share a cell; a file of one size has a single cell.
    With Core ML available, on each compute unit: the cell is the worst unit's.
    A cell fails if the file's raw output is not finite anywhere, or by `Gate.judge`. All get the picture padded as the
    file's runtime needs it, so that the same border surrounds it. Raises CheckFailed when a reference gives NaN.
    """
    try:
        runtimes = open_each(path)
    except NotRun as not_run:
        return [Cell(_size(picture), "not run", not_run.reason) for picture in pictures]
    columns = [_check_in(runtime, gate, pictures) for runtime in runtimes]
    return [
        min(cells, key=lambda cell: (cell.verdict != "failed", cell.psnr or 0)) for cells in zip(*columns, strict=True)
    ]


def _check_in(runtime: Runtime, gate: Gate, pictures: list[np.ndarray]) -> list[Cell]:
    pictures = one_of_each_size(taken(runtime, picture) for picture in pictures)
    if len(runtime.sizes) == 1:  # smaller ones, padded, would be the same
        pictures = [picture for picture in pictures if picture.shape[:2] == runtime.sizes[0]] or pictures
    cells = [_compare(runtime, gate, picture) for picture in pictures]
    failed = [(cell, picture) for cell, picture in zip(cells, pictures, strict=True) if cell.verdict == "failed"]
    if failed and gate.locate:
        cell, picture = min(failed, key=lambda entry: entry[1].size)
        where = f"in {runtime.name}, " + gate.locate(runtime, pad(picture, *runtime.padded(*picture.shape[:2])))
        cells[cells.index(cell)] = replace(cell, reason=f"{cell.reason}; {where}")
    return cells


def taken(runtime: Runtime, picture: np.ndarray) -> np.ndarray:
    """The upper left part of `picture` that a runtime of listed sizes takes in one piece: all of it, if possible."""
    height, width = picture.shape[:2]
    fitting = [(min(height, most[0]), min(width, most[1])) for most in runtime.sizes]
    height, width = max(fitting, key=np.prod, default=(height, width))
    return picture[:height, :width]


def one_of_each_size(pictures: Iterable[np.ndarray]) -> list[np.ndarray]:
    """The first picture of each size; in order."""
    found: dict[tuple[int, ...], np.ndarray] = {}
    for picture in pictures:
        found.setdefault(picture.shape, picture)
    return list(found.values())


def _compare(runtime: Runtime, gate: Gate, picture: np.ndarray) -> Cell:
    size = _size(picture)
    picture = pad(picture, *runtime.padded(*picture.shape[:2]))
    try:
        painted = runtime(picture)
    except NotRun as not_run:
        return Cell(size, "not run", not_run.reason)
    except (RuntimeError, ValueError, UserError) as error:
        return Cell(size, "failed", f"its runtime stops: {first_line(error)}")
    if not np.isfinite(runtime.raw()).all():
        return Cell(size, "failed", f"NaN in its output{_overflow(runtime)}")
    same = gate.same(picture)
    cell = Cell(
        size,
        runtime.verdict,
        psnr=round(psnr(painted, same), 2),
        worst_tile=round(worst_tile(painted, same), 2),
        largest=int(np.abs(painted.astype(np.int16) - same).max()),
        from_float=round(psnr(painted, gate.whole(picture)), 2) if gate.whole else None,
    )
    reason = gate.judge(cell)
    return replace(cell, verdict="failed", reason=reason + _overflow(runtime)) if reason else cell


def _overflow(runtime: Runtime) -> str:
    return f", since half floats overflow at {runtime.overflow}" if runtime.overflow else ""


def _size(picture: np.ndarray) -> str:
    return size_text((picture.shape[0], picture.shape[1]))


def worst_tile(first: np.ndarray, second: np.ndarray) -> float:
    """PSNR in dB of the 32 x 32 tile in which two uint8 pictures differ most; tiles at the edges may be smaller."""
    error = ((first.astype(np.float32) - second.astype(np.float32)) ** 2).mean(axis=2)
    rows, columns = (range(0, side, TILE) for side in error.shape)
    sums = np.add.reduceat(np.add.reduceat(error, rows, axis=0), columns, axis=1)
    heights, widths = (np.diff([*starts, side]) for starts, side in zip((rows, columns), error.shape, strict=True))
    worst = float((sums / np.outer(heights, widths)).max())
    return min(PEAK_DB, float(10 * np.log10(255.0**2 / worst))) if worst > 0 else PEAK_DB
