"""Profiles, transparency and deep greys on the way in and out: the visible colours stay the same."""

import io
import struct
from pathlib import Path

import cv2
import numpy as np
import pytest
from icc import P3, make_profile
from PIL import Image, ImageCms

from pix2phone.kept import Kept
from pix2phone.pictures import read_picture, read_whole, write_picture

HEIGHT, WIDTH = 40, 56
ADOBE = ((0.60974, 0.31111, 0.01947), (0.20528, 0.62567, 0.06087), (0.14919, 0.06322, 0.74457))  # Adobe RGB (1998)
SRGB = ImageCms.createProfile("sRGB")


@pytest.fixture
def picture() -> np.ndarray:
    """Smooth, coloured, and different in all four corners; neither dark nor pure, where 8 bits of profiles are coarse."""
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    return np.stack([60 + x * 3, 60 + y * 4, 220 - x - y * 2], axis=-1).astype(np.uint8)


def in_profile(picture: np.ndarray, icc: bytes, mode: str = "RGB") -> Image.Image:
    there = ImageCms.ImageCmsProfile(io.BytesIO(icc))
    return ImageCms.buildTransform(SRGB, there, "RGB", mode, 1).apply(Image.fromarray(picture))


def off(one: np.ndarray, other: np.ndarray) -> int:
    return int(np.abs(one.astype(int) - other).max())


@pytest.mark.parametrize(
    ("icc", "tolerance"),
    [(make_profile(P3), 2), (make_profile(ADOBE, 2.2), 2), (make_profile(gamma=1.8), 2), (make_profile(gamma=1), 3)],
)
@pytest.mark.parametrize("suffix", [".png", ".tif", ".webp"])
def test_a_profile_is_followed(tmp_path: Path, picture: np.ndarray, icc: bytes, tolerance: int, suffix: str) -> None:
    """`tolerance`: the rounding of 8 bits in that profile."""
    wide = in_profile(picture, icc)
    wide.save(tmp_path / f"a{suffix}", icc_profile=icc, lossless=True)
    found = read_picture(tmp_path / f"a{suffix}")
    assert off(found, picture) <= tolerance and np.abs(found.astype(int) - picture).mean() < 1.2
    assert off(np.asarray(wide), picture) > 2 * tolerance  # or nothing was to be done


def test_greys_and_lab_have_their_own_profiles(tmp_path: Path, picture: np.ndarray) -> None:
    grey = Image.fromarray(picture).convert("L")
    seen = np.asarray(in_profile(np.asarray(grey.convert("RGB")), make_profile(gamma=1)).convert("L"))
    Image.fromarray(seen).save(tmp_path / "grey.png", icc_profile=make_profile(gamma=1, grey=True))
    bright = np.asarray(grey) > 60  # below it, one level of linear light is several of these
    assert off(read_picture(tmp_path / "grey.png")[bright], np.asarray(grey)[bright][:, None]) <= 3
    lab = ImageCms.buildTransform(SRGB, ImageCms.createProfile("LAB"), "RGB", "LAB", 1).apply(Image.fromarray(picture))
    for name, options in (("lab.tif", {}), ("misfit.tif", {"icc_profile": make_profile(P3)})):
        lab.save(tmp_path / name, **options)
        found = read_picture(tmp_path / name).astype(int)
        assert np.abs(found - picture).mean() < 1, name


def test_a_profile_that_is_broken_or_of_another_kind_is_left_aside(tmp_path: Path, picture: np.ndarray) -> None:
    whole = make_profile(P3)
    for icc in (b"no profile", whole[:200], whole[:16] + b"CMYK" + whole[20:], make_profile(grey=True)):
        Image.fromarray(picture).save(tmp_path / "a.png", icc_profile=icc)
        found, kept = read_whole(tmp_path / "a.png")
        assert np.array_equal(found, picture) and kept.profile is None


def test_a_painting_is_written_in_the_profile_of_its_photo(tmp_path: Path, picture: np.ndarray) -> None:
    icc = make_profile(P3)
    for suffix, tolerance in ((".png", 3), (".jpg", 8), (".tif", 3)):
        write_picture(tmp_path / f"a{suffix}", picture, Kept(profile=icc))
        with Image.open(tmp_path / f"a{suffix}") as image:
            assert image.info["icc_profile"] == icc
            assert off(np.asarray(image), np.asarray(in_profile(picture, icc))) <= tolerance
        assert off(read_picture(tmp_path / f"a{suffix}"), picture) <= tolerance + 3


def test_linear_light_and_other_spaces_than_rgb_are_read_but_not_written_in_8_bits(
    tmp_path: Path, picture: np.ndarray
) -> None:
    in_profile(picture, make_profile(gamma=1)).save(tmp_path / "a.png", icc_profile=make_profile(gamma=1))
    assert read_whole(tmp_path / "a.png")[1].profile is None
    Image.fromarray(picture[..., 0]).save(tmp_path / "b.png", icc_profile=make_profile(grey=True))
    assert read_whole(tmp_path / "b.png")[1].profile is None
    Image.fromarray(picture[..., 0]).save(tmp_path / "c.png", icc_profile=make_profile(P3))
    assert read_whole(tmp_path / "c.png")[1].profile == make_profile(P3)


def see_through(picture: np.ndarray) -> tuple[Image.Image, np.ndarray]:
    """An image that fades to the right and hides black at its left, and its appearance on white."""
    alpha = np.linspace(255, 5, WIDTH).astype(np.uint8)[None].repeat(HEIGHT, 0)
    alpha[:, :8] = 0
    hidden = np.where(alpha[..., None], picture, 0)
    image = Image.fromarray(np.dstack([hidden, alpha]))
    return image, np.asarray(Image.alpha_composite(Image.new("RGBA", image.size, "white"), image).convert("RGB"))


@pytest.mark.parametrize("suffix", [".png", ".webp", ".tif"])
def test_transparency_is_seen_on_white_and_given_back(tmp_path: Path, picture: np.ndarray, suffix: str) -> None:
    image, seen = see_through(picture)
    image.save(tmp_path / f"a{suffix}", lossless=True)
    found, kept = read_whole(tmp_path / f"a{suffix}")
    assert off(found, seen) <= 1
    assert np.array_equal(kept.alpha, np.asarray(image)[..., 3])
    write_picture(tmp_path / f"b{suffix}", found, kept)
    with Image.open(tmp_path / f"b{suffix}") as back:
        assert back.mode == "RGBA"
        if suffix != ".webp":  # which write_picture writes with losses
            shown = kept.alpha > 0
            assert off(read_picture(tmp_path / f"b{suffix}"), found) <= 1
            assert np.array_equal(np.asarray(back)[..., 3], kept.alpha)
            # No white is left in the half-transparent pixels, but what 8 bits of a faint one cannot tell.
            assert np.all(
                np.abs(np.asarray(back)[..., :3].astype(int) - picture)[shown] <= 1 + 256 // kept.alpha[shown][:, None]
            )
    write_picture(tmp_path / "b.jpg", found, kept)
    assert np.abs(read_picture(tmp_path / "b.jpg").astype(int) - found).mean() < 3


def test_every_way_to_store_transparency(tmp_path: Path, picture: np.ndarray) -> None:
    image, _ = see_through(picture)
    grey = image.convert("LA")
    on_white = np.asarray(
        Image.alpha_composite(Image.new("RGBA", image.size, "white"), grey.convert("RGBA")).convert("RGB")
    )
    grey.save(tmp_path / "la.png")
    assert off(read_picture(tmp_path / "la.png"), on_white) <= 1
    few = image.quantize(64)
    few.save(tmp_path / "palette.png")
    on_white = np.asarray(
        Image.alpha_composite(Image.new("RGBA", image.size, "white"), few.convert("RGBA")).convert("RGB")
    )
    assert off(read_picture(tmp_path / "palette.png"), on_white) <= 1
    keyed = Image.fromarray(np.where(np.arange(WIDTH)[None, :, None] < 8, np.uint8(7), picture | 8))
    keyed.save(tmp_path / "keyed.png", transparency=(7, 7, 7))
    found, kept = read_whole(tmp_path / "keyed.png")
    assert (
        (found[:, :8] == 255).all()
        and np.array_equal(found[:, 8:], picture[:, 8:] | 8)
        and (kept.alpha[:, :8] == 0).all()
    )
    image.putalpha(255)
    image.save(tmp_path / "opaque.png")
    assert read_whole(tmp_path / "opaque.png")[1].alpha is None


def test_transparency_and_profile_together(tmp_path: Path, picture: np.ndarray) -> None:
    icc = make_profile(P3)
    image, seen = see_through(picture)
    wide = in_profile(picture, icc)
    wide.putalpha(image.getchannel("A"))
    wide.save(tmp_path / "a.png", icc_profile=icc)
    found, kept = read_whole(tmp_path / "a.png")
    assert off(found, seen) <= 6
    write_picture(tmp_path / "b.png", found, kept)
    assert off(read_picture(tmp_path / "b.png"), found) <= 6


GREY = np.arange(256).reshape(16, 16)


@pytest.mark.parametrize(
    ("name", "values", "tolerance"),
    [
        ("16.png", (GREY * 257).astype(np.uint16), 0),
        ("16.tif", (GREY * 257).astype(np.uint16), 0),
        ("12-in-16.png", (GREY * 4095 // 255).astype(np.uint16), 1),
        ("8-in-32.tif", GREY.astype(np.int32), 0),
        ("16-in-32.tif", (GREY * 257).astype(np.int32), 0),
        ("32.tif", (GREY * 2**23).astype(np.int32), 0),
        ("float-1.tif", (GREY / 255).astype(np.float32), 0),
        ("float-255.tif", GREY.astype(np.float32), 0),
        ("float-deep.tif", (GREY * 1e6).astype(np.float32), 0),
        ("float-hdr.tif", (GREY / 85).astype(np.float32), 3),  # up to 3
        ("float-hot.tif", np.where(GREY == 255, 1e6, GREY / 255).astype(np.float32), 0),
    ],
)
def test_deep_greys_are_as_bright_as_their_values_say(
    tmp_path: Path, name: str, values: np.ndarray, tolerance: int
) -> None:
    Image.fromarray(values).save(tmp_path / name)
    assert off(read_picture(tmp_path / name), GREY[..., None]) <= tolerance


def test_impossible_values_are_black_or_white(tmp_path: Path) -> None:
    values = np.array([[0, 0.5, 1.2, -3, np.nan, np.inf, -np.inf]], np.float32)
    Image.fromarray(values).save(tmp_path / "a.tif")
    assert read_picture(tmp_path / "a.tif")[0, :, 0].tolist() == [0, 128, 255, 0, 0, 255, 0]


@pytest.mark.parametrize("suffix", [".png", ".tif"])
def test_sixteen_bits_a_colour_are_right_to_the_rounding(tmp_path: Path, picture: np.ndarray, suffix: str) -> None:
    deep = picture.astype(np.uint16) * 257
    deep[::2] = deep[::2] // 257 * 256 + 77
    assert cv2.imwrite(str(tmp_path / f"a{suffix}"), deep[..., ::-1])
    found = read_picture(tmp_path / f"a{suffix}")
    assert np.abs(found - deep / 257).max() <= 1 and np.array_equal(found[1::2], picture[1::2])


def test_greys_whose_zero_is_white(tmp_path: Path) -> None:
    Image.fromarray((GREY * 257).astype(np.uint16)).save(tmp_path / "a.tif")
    data = bytearray((tmp_path / "a.tif").read_bytes())
    (directory,) = struct.unpack_from("<I", data, 4)
    struct.pack_into("<H", data, data.index(struct.pack("<HHI", 262, 3, 1), directory) + 8, 0)
    (tmp_path / "a.tif").write_bytes(data)
    assert np.array_equal(read_picture(tmp_path / "a.tif")[..., 0], 255 - GREY)
