"""Pairs of photo and target picture, ready ones or painted ones, each checked before anything trains on it."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from pix2phone.errors import UserError
from pix2phone.pictures import list_pictures, read_picture
from train.data.checked import gather, large_enough
from train.data.painted import painted_files
from train.data.source import Source, part


@dataclass(frozen=True)
class Pair:
    """A photo and its target; `target` is None where one file holds both side by side, photo left."""

    name: str
    photo: Path
    target: Path | None

    def read(self) -> tuple[np.ndarray, np.ndarray]:
        """(photo, target), uint8 H x W x 3 of one size.

        UserError when a file is unreadable or too small, or the sizes disagree.
        """
        photo = read_picture(self.photo)
        if self.target is None:
            half, odd = divmod(photo.shape[1], 2)
            if odd:
                raise UserError(f"{self.photo}: width {photo.shape[1]} is odd; side-by-side pairs have equal halves")
            return large_enough(self.photo, photo[:, :half]), photo[:, half:]
        target = read_picture(self.target)
        if photo.shape != target.shape:
            sizes = " and ".join(f"{picture.shape[1]}x{picture.shape[0]}" for picture in (photo, target))
            raise UserError(f"{self.photo}, {self.target}: sizes {sizes} disagree; make them equal")
        return large_enough(self.photo, photo), target


def train_pairs(source: Source, scales: tuple[float, ...] = (1.0,)) -> list[Pair]:
    """The pairs to learn from; a program paints every photo afresh at each of `scales`."""
    return _pairs(source, "train", scales)


def held_out_pairs(source: Source) -> list[Pair]:
    """The pairs never trained on; which they are is decided by their names alone."""
    return _pairs(source, "held-out", (1.0,))


def _pairs(source: Source, split: str, scales: tuple[float, ...]) -> list[Pair]:
    if source.pairs:
        pairs = part(_ready(Path(source.pairs), source.skip_bad), split, lambda pair: pair.name)
    else:
        pairs = [Pair(*files) for files in painted_files(source, split, scales)]
    if not pairs:
        raise UserError(f"{source.pairs or ' '.join(source.photos)}: no {split} pictures; add more")
    return pairs


@cache
def _ready(folder: Path, skip_bad: bool) -> list[Pair]:
    """Both splits of `a/` and `b/` with equal names, or of one folder of side-by-side pictures as pix2pix has them.

    Read once, so that every bad file is named before the first one stops the run.
    """
    problems: list[str] = []
    if (folder / "a").is_dir() or (folder / "b").is_dir():
        photos, targets = (_by_name(folder / side, problems) for side in "ab")
        for name in sorted(photos.keys() ^ targets.keys()):
            path = (photos | targets)[name]
            other = folder / ("b" if name in photos else "a")
            problems.append(f"{path}: no picture of that name in {other}; add it or remove this one")
        pairs = [Pair(name, photos[name], targets[name]) for name in sorted(photos.keys() & targets.keys())]
    else:
        pairs = [Pair(path.stem, path, None) for path in _by_name(folder, problems).values()]

    def checked(pair: Pair) -> Pair:
        pair.read()
        return pair

    return gather(pairs, checked, "checking pairs", skip_bad, problems)


def _by_name(folder: Path, problems: list[str]) -> dict[str, Path]:
    """The pictures in `folder` by name without suffix; a line in `problems` for each second one of a name."""
    found: dict[str, Path] = {}
    for path in list_pictures(folder):
        if path.stem in found:
            problems.append(f"{path}: {found[path.stem].name} has the same name; remove one of them")
        found.setdefault(path.stem, path)
    return found
