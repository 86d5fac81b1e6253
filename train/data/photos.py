"""The built-in photographs: which files train, and which are held out for good (the table is builtin/photos.csv)."""

import csv
from pathlib import Path

from pix2phone.artefacts import PHOTOS_DIR as PHOTOS_DIR
from pix2phone.errors import UserError

_TABLE = PHOTOS_DIR / "photos.csv"
_SPLITS = ("train", "held-out")


def builtin(split: str) -> list[Path]:
    """The photographs of one split, "train" or "held-out", sorted by name. UserError for any other split."""
    if split not in _SPLITS:
        raise UserError(f"split: {split!r}: no such split of the built-in photos; use {' or '.join(_SPLITS)}")
    with _TABLE.open(newline="", encoding="utf-8") as table:
        return sorted(PHOTOS_DIR / row["file"] for row in csv.DictReader(table) if row["split"] == split)
