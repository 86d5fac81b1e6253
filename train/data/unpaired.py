"""Two sets of pictures, A and B, of which none belongs to another, each read once before anything trains on them."""

from functools import cache
from pathlib import Path

import numpy as np

from pix2phone.console import say
from pix2phone.errors import UserError
from pix2phone.pictures import list_pictures
from train.data.checked import gather
from train.data.images import check_image, read_image
from train.data.layout import find_folders, find_places, listing
from train.data.source import Unpaired
from train.data.split import SPLITS, part_of_folders

Sides = tuple[tuple[Path, ...], tuple[Path, ...]]  # the files of A, and of B


def list_unpaired(source: Unpaired, split: str) -> Sides:
    """The pictures of A and those of B in "train", "val" or "test", by name; their numbers may differ.

    Folders are found as those of pairs are (`train.data.layout`). UserError for bad pictures, unless
    `source.skip_bad`, for pictures side by side, and when a side has none.
    """
    sides = _ready(source)[split]
    for name, files in zip("AB", sides, strict=True):
        if not files:
            raise UserError(f"{source.root}: no {split} pictures of {name}; add more")
    return sides


def read_unpaired(a: Path, b: Path) -> dict[str, np.ndarray]:
    """One sample: "a" and "b", uint8 H x W x 3 each; their sizes may differ."""
    return {"a": read_image(a)["image"], "b": read_image(b)["image"]}


@cache
def _ready(source: Unpaired) -> dict[str, Sides]:
    """All splits; a line states the counts. All are read at once, so that every bad file is named."""
    root, folders = Path(source.root), source.folders or find_folders(Path(source.root))
    a: dict[str, list[Path]] = {}
    b: dict[str, list[Path]] = {}
    for place in find_places(root, folders):
        if place.b is None:
            raise UserError(f"{root}: {listing(folders)}: unpaired pictures lie in two folders, a/ and b/")
        a[place.split], b[place.split] = list_pictures(place.a), list_pictures(place.b)
    every = [path for side in (a, b) for files in side.values() for path in files]
    good = set(gather(every, check_image, "checking pictures", source.skip_bad))
    found = {split: (_part(a, split, good), _part(b, split, good)) for split in SPLITS}
    counts = ", ".join(f"{len(files[0])} + {len(files[1])} {split}" for split, files in found.items())
    say(f"pictures of A and B in {root}: {listing(folders)}: {counts}")
    return found


def _part(side: dict[str, list[Path]], split: str, good: set[Path]) -> tuple[Path, ...]:
    left = {folder: [path for path in files if path in good] for folder, files in side.items()}
    return tuple(part_of_folders(left, split, lambda path: path.name))
