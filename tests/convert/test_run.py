"""python -m convert.run: a visitor's pictures through an artefact."""

import os
import struct
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from icc import P3, make_profile
from made_files import exit_code
from PIL import Image

from convert.run import main, name_outputs, split_model
from convert.runtimes import base
from convert.runtimes.base import Runtime
from pix2phone.artefacts import SHIPPED
from pix2phone.errors import UserError
from pix2phone.pictures import read_picture


def write_photo(path: Path, height: int, width: int) -> Path:
    """Left half red, right half blue, a bright top."""
    picture = np.zeros((height, width, 3), np.uint8)
    picture[:, : width // 2, 0] = picture[:, width // 2 :, 2] = 200
    picture[: height // 4] += 50
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(picture).save(path)
    return path


@pytest.mark.parametrize("name", ["model-int8.tflite", "model.onnx"])
def test_folder_and_single_photos_keep_their_sizes(
    tmp_path: Path, converted: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    sizes = {"a.png": (37, 53), "b.bmp": (8, 9), "c.jpg": (120, 75)}
    for file, size in sizes.items():
        write_photo(tmp_path / "photos" / file, *size)
    single = write_photo(tmp_path / "d.jpeg", 41, 61)
    out = tmp_path / "painted"
    assert exit_code(main, converted / name, tmp_path / "photos", single, "--out", out) == 0
    painted = {path.name: opened(path) for path in out.iterdir()}
    assert {file: image.size[::-1] for file, image in painted.items()} == {
        "a.png": (37, 53),
        "b.png": (8, 9),
        "c.jpg": (120, 75),
        "d.jpeg": (41, 61),
    }
    red, _, blue = np.asarray(painted["c.jpg"])[60, 10]
    assert red > blue + 50  # still that photo
    said = capsys.readouterr().out
    assert f"4 painted in {out}" in said and " s each" in said


def test_exif_rotation_is_respected(tmp_path: Path, converted: Path) -> None:
    upright = np.asarray(Image.open(write_photo(tmp_path / "upright.png", 60, 80)))
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was turned: the file holds the picture lying on its side
    Image.fromarray(np.rot90(upright)).save(tmp_path / "phone.jpg", exif=exif, quality=98, subsampling=0)
    out = tmp_path / "out"
    model = converted / "model-float32.tflite"
    assert exit_code(main, model, tmp_path / "phone.jpg", tmp_path / "upright.png", "--out", out) == 0
    turned, straight = opened(out / "phone.jpg"), opened(out / "upright.png")
    assert turned.size == (80, 60)
    assert turned.getexif().get(0x0112, 1) == 1
    assert np.abs(np.asarray(turned, float) - np.asarray(straight, float)).mean() < 4


def opened(path: Path) -> Image.Image:
    with Image.open(path) as image:
        image.load()
        return image


def photo_with_everything(path: Path) -> Path:
    """Green, half transparent, in Display P3, at 300 dpi, of a maker and a day."""
    image = Image.new("RGBA", (40, 30), (40, 160, 90, 128))
    exif = Image.Exif()
    exif[0x010F] = "Maker"
    exif[0x8769] = {0x9003: "2024:05:06 07:08:09"}
    image.save(path, exif=exif, dpi=(300, 300), icc_profile=make_profile(P3))
    return path


def test_profile_exif_resolution_and_alpha_are_kept_and_strip_leaves_all_but_alpha_out(
    tmp_path: Path, converted: Path
) -> None:
    photo = photo_with_everything(tmp_path / "photo.png")
    # The model last, flags between: words come in any order.
    assert exit_code(main, photo, "--out", tmp_path / "kept", converted / "model-float32.tflite") == 0
    stored, kept = opened(photo), opened(tmp_path / "kept" / "photo.png")
    assert kept.info["icc_profile"] == stored.info["icc_profile"] and round(kept.info["dpi"][0]) == 300
    assert kept.getexif()[0x010F] == "Maker" and kept.getexif().get_ifd(0x8769)[0x9003].startswith("2024")
    assert exit_code(main, converted / "model-float32.tflite", "--strip", "--out", tmp_path / "bare", photo) == 0
    bare = opened(tmp_path / "bare" / "photo.png")
    assert not {"icc_profile", "dpi", "exif"} & set(bare.info)
    assert kept.mode == bare.mode == "RGBA" and bare.getextrema()[3] == (128, 128)
    seen = [read_picture(tmp_path / folder / "photo.png").astype(int) for folder in ("kept", "bare")]
    assert np.abs(seen[0] - seen[1]).max() <= 3


def test_one_bad_photo_never_ends_a_batch(tmp_path: Path, converted: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "photos"
    names = ["n" * 246 + ".png", "д" * 125 + ".PNG", "写真.JPG", "a.png", *(f"{side}/{'n' * 251}.png" for side in "xy")]
    for name in names:
        write_photo(folder / name, 20, 20)
    Image.open(folder / "a.png").save(folder / "held.jpg", exif=signed_resolution())
    (folder / "cut.heic").write_bytes((Path(__file__).parent.parent / "pix2phone" / "phone.heic").read_bytes()[:900])
    out = tmp_path / "out"
    missing = folder / ("q" * 300 + ".png")
    words = [converted / "model-float32.tflite", missing, folder, folder / "x", folder / "y", "--out", out]
    assert exit_code(main, *words) == 2
    said = capsys.readouterr()
    assert len(list(out.iterdir())) == 6
    assert "6 painted" in said.out and "2: 2 folders" in said.out
    for name in (missing.name, "cut.heic", "n" * 251 + "-2.png"):  # the last is numbered, and then too long
        assert name in said.out + said.err


def signed_resolution() -> bytes:
    """EXIF of a camera held sideways, with a resolution of a type and a sign that it must not have."""
    entries = [(274, 3, 1, 6), (282, 10, 1, 38)]
    table = b"".join(struct.pack("<HHII", *entry) for entry in entries)
    return b"Exif\0\0II*\0" + struct.pack("<IH", 8, 2) + table + struct.pack("<Iii", 0, -1, 0)


def test_larger_pictures_than_the_limit_are_named_with_the_flag_that_raises_it(
    tmp_path: Path, converted: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = [converted / "model-float32.tflite", write_photo(tmp_path / "a.png", 100, 200), "--out", tmp_path / "out"]
    assert exit_code(main, *words, "--max-megapixels", "0.019") == 2
    said = capsys.readouterr().err
    assert "a.png" in said and "200x100" in said and "0.019" in said and "--max-megapixels" in said
    assert exit_code(main, *words, "--max-megapixels", "0.02") == 0


def test_bad_pictures_are_named_and_the_others_painted(
    tmp_path: Path, converted: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_photo(tmp_path / "photos" / "good.png", 20, 20)
    (tmp_path / "photos" / "bad.jpg").write_bytes(b"no picture")
    whole = write_photo(tmp_path / "photos" / "cut.png", 50, 50).read_bytes()
    (tmp_path / "photos" / "cut.png").write_bytes(whole[: len(whole) // 2])
    out = tmp_path / "out"
    assert exit_code(main, converted / "model-float32.tflite", tmp_path / "photos", "--out", out) == 2
    assert [path.name for path in out.iterdir()] == ["good.png"]
    said = capsys.readouterr()
    assert "bad.jpg" in said.out + said.err and "cut.png" in said.out + said.err


def test_equal_names_are_numbered() -> None:
    photos = [Path("a/x.png"), Path("b/x.bmp"), Path("c/X.PNG"), Path("c/x.jpg"), Path("c/x.HEIC")]
    names = [path.name for path in name_outputs(photos, Path("out")).values()]
    assert names == ["x.png", "x-2.png", "X-3.png", "x.jpg", "x-2.jpg"]
    accents = [Path("a/\u00e9.png"), Path("b/e\u0301.png")]
    assert [path.name for path in name_outputs(accents, Path("out")).values()] == ["\u00e9.png", "e\u0301-2.png"]


def test_a_photo_is_never_replaced(tmp_path: Path, converted: Path, capsys: pytest.CaptureFixture[str]) -> None:
    photo = write_photo(tmp_path / "mine.png", 20, 20)
    before = photo.read_bytes()
    assert exit_code(main, converted / "model-float32.tflite", photo, "--out", tmp_path) == 2
    assert photo.read_bytes() == before
    assert capsys.readouterr().err.startswith("error: ")


def test_newest_made_file_paints_else_the_shipped_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    photo = Path("photo.jpg")
    assert split_model([photo]) == (SHIPPED, [photo])
    Path("artifacts").mkdir()
    for age, name in enumerate(["model-int8.tflite", "model.onnx"]):
        (Path("artifacts") / name).write_bytes(b"")
        os.utime(Path("artifacts") / name, (1000 - age, 1000 - age))
    assert split_model([photo]) == (Path("artifacts/model-int8.tflite"), [photo])
    assert split_model([Path("m.onnx"), photo]) == (Path("m.onnx"), [photo])
    assert split_model([photo, Path("M.ONNX")]) == (Path("M.ONNX"), [photo])
    with pytest.raises(UserError, match="no photo named"):
        split_model([Path("m.onnx")])
    with pytest.raises(UserError, match=r"n\.tflite.*m\.onnx"):
        split_model([Path("m.onnx"), photo, Path("n.tflite")])


@pytest.mark.parametrize("name", ["m.onnx", "M.ONNX", "m.TFLITE", "m.ts", "m.pt", "m.torchscript", "m.pth", "m.keras"])
def test_a_network_is_told_by_its_ending_wherever_it_stands(name: str) -> None:
    photos = [Path("a.jpg"), Path("b")]
    for paths in ([Path(name), *photos], [*photos, Path(name)]):
        assert split_model(paths) == (Path(name), photos)
    with pytest.raises(UserError, match=r"other\.onnx: .*second network"):
        split_model([Path(name), *photos, Path("other.onnx")])


@pytest.mark.parametrize("name", ["w.pkl", "W.CKPT", "w.h5", "w.keras"])
def test_a_file_that_cannot_be_run_says_what_to_do(
    tmp_path: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / name).write_bytes(b"weights")
    assert exit_code(main, tmp_path / name, write_photo(tmp_path / "a.png", 8, 8), "--out", tmp_path / "out") == 2
    line = capsys.readouterr().err
    assert line.count("\n") == 1 and str(tmp_path / name) in line and "onnx" in line


def test_tiles_are_announced_before_they_are_painted(
    tmp_path: Path, converted: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    monkeypatch.setattr(base, "WHOLE", 100 * 100)
    monkeypatch.setattr(Runtime, "_paint", lambda self, tile, sides: said.append(capsys.readouterr().out) or tile)
    photo = write_photo(tmp_path / "photo.png", 300, 2000)
    assert exit_code(main, converted / "model-float32.tflite", photo, "--out", tmp_path / "out") == 0
    assert "photo.png: 2 tiles of " in said[0]


def test_the_command_in_a_shell(tmp_path: Path, converted: Path) -> None:
    photo = write_photo(tmp_path / "photo.jpg", 45, 67)
    words = [sys.executable, "-m", "convert.run", str(converted / "model-int8.tflite"), str(photo)]
    done = subprocess.run([*words, "--out", str(tmp_path / "out")], capture_output=True, text=True, timeout=120)
    assert (done.returncode, done.stderr) == (0, "")
    assert "LiteRT" in done.stdout and "1 painted" in done.stdout
    assert read_picture(tmp_path / "out" / "photo.jpg").shape == (45, 67, 3)
