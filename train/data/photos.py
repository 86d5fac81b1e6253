"""Folders of photographs, and the built-in ones: which of them train, and which are val and test, for good."""

import csv
from collections.abc import Sequence
from pathlib import Path

from pix2phone.artefacts import PHOTOS_DIR as PHOTOS_DIR
from pix2phone.errors import UserError
from pix2phone.pictures import list_pictures
from train.data.source import BUILTIN
from train.data.split import SPLITS, half, held_out, part

HELD_OUT = "held-out"
_TABLE = PHOTOS_DIR / "photos.csv"


def builtin(split: str) -> list[Path]:
    """The built-in photographs of "train", "val" or "test", or of "held-out", the latter two together, by name.

    UserError for any other split. The table, builtin/photos.csv, says which is which.
    """
    known = (*SPLITS, HELD_OUT)
    if split not in known:
        raise UserError(f"split: {split!r}: no such split of the built-in photos; use {' or '.join(known)}")
    wanted = SPLITS[1:] if split == HELD_OUT else (split,)
    with _TABLE.open(newline="", encoding="utf-8") as table:
        return sorted(PHOTOS_DIR / row["file"] for row in csv.DictReader(table) if row["split"] in wanted)


def list_photos(folders: Sequence[str], split: str) -> list[Path]:
    """The photos of `split` in `folders`, of which one may be "builtin".

    Each folder by itself holds about a quarter out; the photos held out by all of them are halved into val and test.
    """
    if split != SPLITS[0]:
        return half([photo for folder in folders for photo in _held_out(folder)], split, _name)
    found = [builtin(split) if folder == BUILTIN else part(_list(folder), split, _name) for folder in folders]
    return [photo for photos in found for photo in photos]


def _held_out(folder: str) -> list[Path]:
    return builtin(HELD_OUT) if folder == BUILTIN else held_out(_list(folder), _name)


def _list(folder: str) -> list[Path]:
    return list_pictures(Path(folder))


def _name(photo: Path) -> str:
    return photo.name
