"""The built-in photographs are complete, licensed, small enough, and split once and for all."""

import csv
from pathlib import Path

import pytest
from PIL import Image

from pix2phone.errors import UserError
from train.data.photos import PHOTOS_DIR, builtin
from train.data.split import half

LICENCES = {
    "public domain",
    "CC0-1.0",
    "CC-BY-2.0",
    "CC-BY-3.0",
    "CC-BY-4.0",
    "CC-BY-SA-4.0",
}
COLUMNS = ["file", "title", "author", "source", "licence", "width", "height", "split"]


def name(path: Path) -> str:
    return path.name


@pytest.fixture(scope="module")
def rows() -> list[dict[str, str]]:
    with (PHOTOS_DIR / "photos.csv").open(newline="", encoding="utf-8") as table:
        return list(csv.DictReader(table))


def test_every_row_has_a_file_and_every_file_a_row(rows: list[dict[str, str]]) -> None:
    names = [row["file"] for row in rows]
    assert names == sorted(set(names))
    assert set(names) == {path.name for path in PHOTOS_DIR.glob("*.jpg")}


def test_every_photo_says_whose_it_is_and_under_what_licence(rows: list[dict[str, str]]) -> None:
    for row in rows:
        assert list(row) == COLUMNS
        assert all(row[column].strip() for column in COLUMNS), row["file"]
        assert row["licence"] in LICENCES, row["file"]


def test_sizes_are_as_stated_and_metadata_is_gone(rows: list[dict[str, str]]) -> None:
    for row in rows:
        with Image.open(PHOTOS_DIR / row["file"]) as image:
            assert (image.format, image.mode) == ("JPEG", "RGB"), row["file"]
            assert image.size == (int(row["width"]), int(row["height"])), row["file"]
            assert min(image.size) >= 256 and max(image.size) <= 1024, row["file"]
            assert set(image.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}, row["file"]
            image.load()  # a truncated file fails here


def test_the_folder_stays_under_twenty_megabytes() -> None:
    assert sum(path.stat().st_size for path in PHOTOS_DIR.iterdir()) < 20_000_000


def test_about_a_quarter_is_held_out_and_nothing_is_in_both(rows: list[dict[str, str]]) -> None:
    train, val, test, held_out = (builtin(split) for split in ("train", "val", "test", "held-out"))
    assert train == sorted(train) and held_out == sorted(val + test)
    assert len({*train, *val, *test}) == len(train) + len(val) + len(test) == len(rows)
    assert (half(held_out, "val", name), half(held_out, "test", name)) == (val, test), "the table has the hash's bit"
    assert 0.2 <= len(held_out) / len(rows) <= 0.3


def test_each_split_has_a_face() -> None:
    assert PHOTOS_DIR / "astronaut.jpg" in builtin("held-out")
    assert PHOTOS_DIR / "grace-hopper.jpg" in builtin("train")


def test_held_out_photos_may_be_shown_painted_without_sharing_alike(rows: list[dict[str, str]]) -> None:
    assert not [row["file"] for row in rows if row["split"] in ("val", "test") and "-SA-" in row["licence"]]


def test_an_unknown_split_is_named() -> None:
    with pytest.raises(UserError, match="'dev'"):
        builtin("dev")
