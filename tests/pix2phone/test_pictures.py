"""Whatever a file holds, it becomes uint8 H x W x 3, or one line says why not."""

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from pix2phone.errors import UserError
from pix2phone.pictures import (
    SUFFIXES,
    fit,
    list_pictures,
    name_key,
    read_picture,
    read_whole,
    scale,
    write_picture,
)

HEIGHT, WIDTH = 40, 56


@pytest.fixture
def picture() -> np.ndarray:
    """Smooth, coloured, and different in all four corners."""
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    return np.stack([x * 4, y * 6, 255 - x * 2 - y * 3], axis=-1).astype(np.uint8)


def test_lossless_formats_keep_every_byte_and_jpeg_nearly(tmp_path: Path, picture: np.ndarray) -> None:
    for suffix in (".png", ".bmp", ".tif", ".PNG"):
        write_picture(tmp_path / f"a{suffix}", picture)
        assert np.array_equal(read_picture(tmp_path / f"a{suffix}"), picture), suffix
    write_picture(tmp_path / "a.jpg", picture)
    assert np.abs(read_picture(tmp_path / "a.jpg").astype(int) - picture).mean() < 2


@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation_is_respected(tmp_path: Path, picture: np.ndarray, orientation: int) -> None:
    back = {  # how a camera held that way stores the upright picture
        1: lambda a: a,
        2: np.fliplr,
        3: lambda a: np.rot90(a, 2),
        4: np.flipud,
        5: lambda a: a.transpose(1, 0, 2),
        6: lambda a: np.rot90(a, 1),
        7: lambda a: np.rot90(a, 2).transpose(1, 0, 2),
        8: lambda a: np.rot90(a, -1),
    }
    stored = Image.fromarray(np.ascontiguousarray(back[orientation](picture)))
    exif = stored.getexif()
    exif[0x0112] = orientation
    stored.save(tmp_path / "held.png", exif=exif)
    assert np.array_equal(read_picture(tmp_path / "held.png"), picture)


@pytest.mark.parametrize(
    ("mode", "suffix", "tolerance"),
    [
        ("L", ".png", 0),
        ("LA", ".png", 0),
        ("RGBA", ".png", 0),
        ("CMYK", ".jpg", 6),
        ("P", ".png", 40),
        ("1", ".png", 255),
    ],
)
def test_other_modes_become_three_bytes_a_pixel(
    tmp_path: Path, picture: np.ndarray, mode: str, suffix: str, tolerance: int
) -> None:
    image = Image.fromarray(picture).convert(mode)
    image.save(tmp_path / f"a{suffix}")
    found = read_picture(tmp_path / f"a{suffix}")
    assert found.dtype == np.uint8 and found.shape == (HEIGHT, WIDTH, 3)
    assert np.abs(found.astype(int) - np.array(image.convert("RGB"))).max() <= tolerance


def test_what_phones_make_is_read(tmp_path: Path, picture: np.ndarray) -> None:
    """phone.heic: `picture` in Display P3, held like orientation 6, drawn with pillow-heif (which writes HEIC too)."""
    heic, kept = read_whole(Path(__file__).parent / "phone.heic")
    assert heic.shape == picture.shape and np.abs(heic.astype(int) - picture).mean() < 2
    assert kept.profile and kept.exif and b"Maker" in kept.exif
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(np.ascontiguousarray(np.rot90(picture))).save(tmp_path / "a.AVIF", quality=95, exif=exif)
    avif = read_picture(tmp_path / "a.AVIF")
    assert avif.shape == picture.shape and np.abs(avif.astype(int) - picture).mean() < 3


def test_every_ending_that_is_listed_is_read(tmp_path: Path, picture: np.ndarray) -> None:
    for suffix in sorted(set(SUFFIXES) - {".heic", ".heif", ".hif"}):  # Pillow cannot draw these
        image = Image.fromarray(picture)
        image.convert({".pbm": "1", ".pgm": "L"}.get(suffix, "RGB")).save(tmp_path / f"a{suffix}")
        assert read_picture(tmp_path / f"a{suffix}").shape == picture.shape, suffix


def test_more_pixels_than_the_limit_are_refused_and_more_than_pillows_are_not(tmp_path: Path) -> None:
    path = tmp_path / "wide.png"
    Image.new("1", (20_000, 10_000)).save(path)
    with pytest.raises(UserError, match=r"wide\.png: 20000x10000.*\b200\b.*\b199\.5.*--max-megapixels"):
        read_whole(path, 199.5)
    assert read_whole(path, 200)[0].shape == (10_000, 20_000, 3)


@pytest.mark.parametrize("suffix", ["jpg", "png", "webp", "bmp"])
def test_a_file_cut_anywhere_is_named_in_one_line(tmp_path: Path, suffix: str) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    whole = io.BytesIO()
    Image.fromarray(noise).save(whole, format="JPEG" if suffix == "jpg" else suffix)
    path = tmp_path / f"cut.{suffix}"
    for share in (0.0, 0.02, 0.3, 0.6, 0.9):
        path.write_bytes(whole.getvalue()[: int(len(whole.getvalue()) * share)])
        with pytest.raises(UserError) as error:
            read_picture(path)
        assert str(error.value).startswith(f"{path}: unreadable") and "\n" not in str(error.value)


def test_what_is_no_picture_is_named(tmp_path: Path) -> None:
    (tmp_path / "notes.png").write_text("milk, eggs")
    for path, what in [
        (tmp_path / "notes.png", "unreadable"),
        (tmp_path / "x.png", "no such"),
        (tmp_path, "unreadable"),
    ]:
        with pytest.raises(UserError, match=f"{path}: {what}"):
            read_picture(path)


def test_an_unknown_format_is_refused_before_anything_is_written(tmp_path: Path, picture: np.ndarray) -> None:
    with pytest.raises(UserError, match=r"'\.xyz'"):
        write_picture(tmp_path / "a.xyz", picture)
    assert list(tmp_path.iterdir()) == []


def test_pictures_are_listed_by_name_and_all_else_but_hidden_files_is_counted_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("b.JPG", "a.png", ".half.png", "notes.txt", "x.mov", "y.MOV", "без имени"):
        (tmp_path / name).touch()
    (tmp_path / "more.png").mkdir()
    for _ in range(2):
        assert [path.name for path in list_pictures(tmp_path)] == ["a.png", "b.JPG"]
    (line,) = capsys.readouterr().out.splitlines()
    assert str(tmp_path) in line and "5: 2 .mov" in line and "1 .txt" in line and "1 folder" in line


def test_a_folder_without_pictures_and_no_folder_are_named(tmp_path: Path) -> None:
    (tmp_path / "clip.mov").touch()
    with pytest.raises(UserError, match=f"{tmp_path}: .*1 .mov"):
        list_pictures(tmp_path)
    with pytest.raises(UserError, match="nowhere: no such"):
        list_pictures(tmp_path / "nowhere")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("a/Zoë.JPG", "b/Zoe\u0308.png"),
        ("a/\uac00.jpg", "b/\u1100\u1161.jpg"),  # one Hangul syllable, two letters
        ("a/ΣΊΣΥΦΟΣ.png", "b/σίσυφος.PNG"),
        ("a/IMG_1.v2.HEIC", "b/img_1.v2.png"),
    ],
)
def test_spellings_of_one_name_have_one_key(one: str, other: str) -> None:
    assert name_key(Path(one)) == name_key(Path(other))
    assert name_key(Path("a/Zoë.jpg")) != name_key(Path("a/Zoe.jpg"))


def test_fit_shrinks_the_longest_side_and_never_enlarges(picture: np.ndarray) -> None:
    assert fit(picture, 28).shape == (20, 28, 3)
    assert fit(picture.transpose(1, 0, 2), 28).shape == (28, 20, 3)
    assert fit(picture, 56) is picture
    assert scale(picture, 0.001).shape == (1, 1, 3)
