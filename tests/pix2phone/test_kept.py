"""EXIF and resolution: readable entries are kept, broken ones do no harm."""

import io
import struct
from pathlib import Path

import numpy as np
import pytest
from PIL import ExifTags, Image

from pix2phone.kept import Kept
from pix2phone.pictures import read_whole, write_picture

TURNED = struct.pack("<HHIHH", 274, 3, 1, 6, 0)
MAKE = struct.pack("<HHI4s", 271, 2, 4, b"Mak\0")
STORED = Image.fromarray(np.arange(40 * 24 * 3, dtype=np.uint32).reshape(24, 40, 3).astype(np.uint8))


def exif(*entries: bytes, tail: bytes = b"") -> bytes:
    """Bytes of one directory; `tail` lies at 14 + 12 for each entry."""
    body = struct.pack("<IH", 8, len(entries)) + b"".join(entries) + struct.pack("<I", 0) + tail
    return b"Exif\0\0II*\0" + body


AT = 8 + 2 + 12 * 3 + 4  # of the tail after three entries
BROKEN = {
    "signed resolution": exif(TURNED, MAKE, struct.pack("<HHII", 282, 10, 1, AT), tail=struct.pack("<ii", -1, 0)),
    "negative where none is": exif(TURNED, MAKE, struct.pack("<HHIi", 37380, 9, 1, -1)),
    "longer than the file": exif(TURNED, MAKE, struct.pack("<HHII", 305, 2, 9000, 4)),
    "a directory that is nowhere": exif(TURNED, MAKE, struct.pack("<HHII", 0x8769, 4, 1, 70000)),
    "a directory within itself": exif(TURNED, MAKE, struct.pack("<HHII", 0x8769, 4, 1, 8)),
    "a type that is none": exif(TURNED, MAKE, struct.pack("<HHII", 306, 99, 1, 0)),
    "said twice": b"Exif\0\0" + exif(TURNED, MAKE),
}
USELESS = {
    "cut": exif(TURNED)[:20],
    "no EXIF": b"Exif\0\0nothing at all",
    "a ninth way": exif(struct.pack("<HHIHH", 274, 3, 1, 9, 0)),
    "letters": exif(struct.pack("<HHI4s", 274, 2, 2, b"6\0")),
}


@pytest.mark.parametrize("suffix", ["jpg", "png", "webp"])
@pytest.mark.parametrize("name", BROKEN)
def test_broken_entries_cost_only_themselves(tmp_path: Path, name: str, suffix: str) -> None:
    STORED.save(tmp_path / f"a.{suffix}", exif=BROKEN[name])
    pixels, kept = read_whole(tmp_path / f"a.{suffix}")
    assert pixels.shape == (40, 24, 3)
    write_picture(tmp_path / "b.jpg", pixels, kept)
    with Image.open(tmp_path / "b.jpg") as painted:
        assert painted.size == (24, 40) and painted.getexif()[271] == "Mak"
        assert painted.getexif().get(274, 1) == 1


@pytest.mark.parametrize("name", USELESS)
def test_exif_that_says_nothing_is_as_none(tmp_path: Path, name: str) -> None:
    STORED.save(tmp_path / "a.jpg", exif=USELESS[name])
    pixels, kept = read_whole(tmp_path / "a.jpg")
    assert pixels.shape == (24, 40, 3) and kept.exif is None


def test_any_bytes_of_exif_leave_the_picture_readable(tmp_path: Path) -> None:
    whole = bytearray(exif(TURNED, MAKE, struct.pack("<HHII", 0x8769, 4, 1, AT), tail=exif(MAKE)[14:]))
    random = np.random.default_rng(0)
    for _ in range(200):
        spoilt = bytearray(whole)
        for place in random.integers(6, len(spoilt), 4):
            spoilt[place] = random.integers(256)
        file = io.BytesIO()
        STORED.save(file, format="JPEG", exif=bytes(spoilt))
        (tmp_path / "a.jpg").write_bytes(file.getvalue())
        pixels, kept = read_whole(tmp_path / "a.jpg")
        assert sorted(pixels.shape) == [3, 24, 40]
        write_picture(tmp_path / "b.jpg", pixels, kept)


def test_how_a_tiff_was_stored_and_the_thumbnail_of_the_photo_are_not_kept(tmp_path: Path) -> None:
    STORED.save(tmp_path / "a.tif", compression="tiff_lzw", tiffinfo={271: "Maker"}, dpi=(240, 240))
    pixels, kept = read_whole(tmp_path / "a.tif")
    write_picture(tmp_path / "b.png", pixels, kept)
    with Image.open(tmp_path / "b.png") as painted:
        assert dict(painted.getexif()) == {271: "Maker"}
        assert round(painted.info["dpi"][0]) == 240
    first = exif(MAKE)
    thumbnail = struct.pack("<H", 1) + struct.pack("<HHII", 513, 4, 1, 5) + struct.pack("<I", 0)
    STORED.save(tmp_path / "c.jpg", exif=first[:-4] + struct.pack("<I", len(first) - 6) + thumbnail)
    with Image.open(tmp_path / "c.jpg") as image:
        assert image.getexif().get_ifd(ExifTags.IFD.IFD1)  # as it was meant
    write_picture(tmp_path / "d.jpg", *read_whole(tmp_path / "c.jpg"))
    with Image.open(tmp_path / "d.jpg") as painted:
        assert painted.getexif()[271] == "Mak" and not painted.getexif().get_ifd(ExifTags.IFD.IFD1)


@pytest.mark.parametrize(("said", "kept"), [((300, 200), (300, 200)), ((1, 1), None), ((1e9, 300), None), (None, None)])
def test_a_resolution_is_kept_if_it_is_possible(tmp_path: Path, said: tuple[float, float], kept: object) -> None:
    options = {"dpi": said} if said else {}
    STORED.save(tmp_path / "a.tif", **options)
    assert read_whole(tmp_path / "a.tif")[1].dpi == kept


def test_more_exif_than_a_jpeg_holds_is_left_out(tmp_path: Path) -> None:
    long = Image.Exif()
    long[0x010E] = "x" * 70_000
    write_picture(tmp_path / "a.jpg", np.asarray(STORED), Kept(exif=long.tobytes()))
    with Image.open(tmp_path / "a.jpg") as painted:
        assert not painted.getexif()
    write_picture(tmp_path / "a.png", np.asarray(STORED), Kept(exif=long.tobytes()))
    with Image.open(tmp_path / "a.png") as painted:
        assert len(painted.getexif()[0x010E]) == 70_000
