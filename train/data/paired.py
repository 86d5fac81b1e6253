"""Pairs of photo and target picture, ready ones or painted ones, each checked before anything trains on it."""

import unicodedata
from collections import Counter
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from pix2phone.console import say
from pix2phone.errors import UserError
from pix2phone.pictures import list_pictures, name_key, read_picture
from train.config import DIRECTIONS
from train.contents import files_hash
from train.data.checked import gather, large_enough
from train.data.layout import Place, find_folders, find_places, listing
from train.data.painted import painted_files
from train.data.source import Paired, Pairs
from train.data.split import SPLITS, part_of_folders


@dataclass(frozen=True)
class Pair:
    """A photo and its target; `target` is None where one file holds both side by side, `reverse`: the photo right."""

    name: str
    photo: Path
    target: Path | None
    reverse: bool = False

    @property
    def files(self) -> list[Path]:
        """Those that hold it."""
        return [self.photo, self.target] if self.target else [self.photo]

    def read(self) -> tuple[np.ndarray, np.ndarray]:
        """(photo, target), uint8 H x W x 3 of one size.

        UserError when a file is unreadable or too small, or the sizes disagree.
        """
        photo = read_picture(self.photo)
        if self.target is None:
            half, odd = divmod(photo.shape[1], 2)
            if odd:
                raise UserError(f"{self.photo}: width {photo.shape[1]} is odd; side-by-side pairs have equal halves")
            left, right = large_enough(self.photo, photo[:, :half]), photo[:, half:]
            return (right, left) if self.reverse else (left, right)
        target = read_picture(self.target)
        if photo.shape != target.shape:
            sizes = " and ".join(f"{picture.shape[1]}x{picture.shape[0]}" for picture in (photo, target))
            raise UserError(f"{self.photo}, {self.target}: sizes {sizes} disagree; make them equal")
        return large_enough(self.photo, photo), target


def train_pairs(source: Pairs, scales: tuple[float, ...] = (1.0,)) -> list[Pair]:
    """The pairs to learn from; a program paints every photo afresh at each of `scales`."""
    return _pairs(source, "train", scales)


def held_out_pairs(source: Pairs, split: str) -> list[Pair]:
    """The pairs of "val", on which is chosen, or of "test", of which scores are. Nothing is trained on either."""
    return _pairs(source, split, (1.0,))


def pairs_hash(*splits: list[Pair]) -> str:
    """A hash that changes when a picture in `splits` does, or the split that it is in, but not when files move."""
    return " ".join(files_hash(file for pair in pairs for file in pair.files) for pairs in splits)


def _pairs(source: Pairs, split: str, scales: tuple[float, ...]) -> list[Pair]:
    if isinstance(source, Paired):
        pairs, where = _ready(source)[split], source.pairs
    else:
        pairs = [Pair(*files) for files in painted_files(source, split, scales)]
        where = " ".join(source.photos)
    if not pairs:
        raise UserError(f"{where}: no {split} pictures; add more")
    return pairs


@cache
def _ready(source: Paired) -> dict[str, list[Pair]]:
    """All splits of ready pairs, in a layout that `train.data.layout` tells; a line states the layout and the counts.

    Read once, so that every bad file is named before the first one stops the run.
    """
    root, folders = Path(source.pairs), source.folders or find_folders(Path(source.pairs))
    problems: list[str] = []
    listed = {place: _listed(place, source.direction, problems) for place in find_places(root, folders)}

    def checked(pair: Pair) -> Pair:
        pair.read()
        return pair

    every = [pair for pairs in listed.values() for pair in pairs]
    good = set(gather(every, checked, "checking pairs", source.skip_bad, problems))
    by_folder = {place.split: [pair for pair in pairs if pair in good] for place, pairs in listed.items()}
    found = {split: part_of_folders(by_folder, split, lambda pair: pair.name) for split in SPLITS}
    counts = ", ".join(f"{len(pairs)} {split}" for split, pairs in found.items())
    say(f"pairs in {root}: {listing(folders)}, {source.direction}: {len(good)} pairs, {counts}")
    return found


def _listed(place: Place, direction: str, problems: list[str]) -> list[Pair]:
    """The pairs in `place` by name; a line in `problems` for each picture that has no other half or a namesake."""
    reverse, prefix = direction == DIRECTIONS[1], f"{place.split}-" if place.split in SPLITS[1:] else ""
    sides = [list_pictures(folder) for folder in (place.a, place.b) if folder]
    by_key = [_by_key(paths, _doubled(sides), problems) for paths in sides]
    if place.b is None:
        return [Pair(prefix + _name(path), path, None, reverse) for path in by_key[0].values()]
    a, b = by_key
    if not a.keys() & b.keys():
        raise UserError(f"{place.a}, {place.b}: no name is in both; a photo and its target must have the same")
    for key in sorted(a.keys() ^ b.keys()):
        path, other = (a[key], place.b) if key in a else (b[key], place.a)
        problems.append(f"{path}: no picture of that name in {other}; add it or remove this one")
    both = [(prefix + _name(a[key]), a[key], b[key]) for key in sorted(a.keys() & b.keys())]
    return [Pair(name, *((target, photo) if reverse else (photo, target))) for name, photo, target in both]


def _by_key(paths: list[Path], doubled: set[str], problems: list[str]) -> dict[str, Path]:
    """The pictures by the key of their other halves; a line in `problems` for each second one of a name."""
    found: dict[str, Path] = {}
    for path in paths:
        key = _name(path) if name_key(path) in doubled else name_key(path)
        if key in found:
            problems.append(f"{path}: {found[key].name} has the same name; remove one of them")
        found.setdefault(key, path)
    return found


def _doubled(sides: list[list[Path]]) -> set[str]:
    """The keys that two pictures of one folder share, as Photo.png and photo.png do: there, case must count."""
    return {key for paths in sides for key, count in Counter(map(name_key, paths)).items() if count > 1}


def _name(path: Path) -> str:
    return unicodedata.normalize("NFC", path.stem)
