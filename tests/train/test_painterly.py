"""The built-in look: local, the same every time, and it keeps a picture readable."""

import cv2
import numpy as np
import pytest

from pix2phone.pictures import read_picture
from train.data import photos
from train.styles.painterly import STROKE, paint


@pytest.fixture(scope="module")
def astronaut() -> np.ndarray:
    return next(read_picture(path) for path in photos.builtin("held-out") if path.stem == "astronaut")


def lightness(picture: np.ndarray) -> np.ndarray:
    return cv2.cvtColor(picture.astype(np.float32) / 255, cv2.COLOR_RGB2LAB)[..., 0]


def furthest(one: np.ndarray, other: np.ndarray) -> int:
    return int(np.abs(one.astype(int) - other.astype(int)).max())


def test_same_picture_every_time(astronaut: np.ndarray) -> None:
    photo = astronaut[:128, :128].copy()
    first = paint(photo)
    np.testing.assert_array_equal(first, paint(photo))
    np.testing.assert_array_equal(photo, astronaut[:128, :128])
    assert furthest(first, photo) > 30


@pytest.mark.parametrize("size", [(1, 1), (1, 40), (40, 1), (3, 2), (17, 33), (131, 57)])
@pytest.mark.parametrize("stroke", [1.0, STROKE, 64.0])
def test_any_size(size: tuple[int, int], stroke: float) -> None:
    painted = paint(np.random.default_rng(0).integers(0, 256, (*size, 3), dtype=np.uint8), stroke)
    assert painted.shape == (*size, 3)
    assert painted.dtype == np.uint8


@pytest.mark.parametrize(("top", "left"), [(40, 120), (101, 37)])
def test_crop_is_painted_like_that_part_of_the_whole(astronaut: np.ndarray, top: int, left: int) -> None:
    whole = paint(astronaut)[top : top + 192, left : left + 192]
    crop = paint(astronaut[top : top + 192, left : left + 192])
    assert furthest(crop[32:-32, 32:-32], whole[32:-32, 32:-32]) <= 2


def test_stroke_is_pixels_not_a_share_of_the_picture(astronaut: np.ndarray) -> None:
    small = astronaut[:160, 128:320]
    large = cv2.copyMakeBorder(small, 200, 200, 200, 200, cv2.BORDER_REFLECT_101)
    assert furthest(paint(large)[200:-200, 200:-200][32:-32, 32:-32], paint(small)[32:-32, 32:-32]) <= 2


def test_wider_strokes_stray_further_from_the_photo(astronaut: np.ndarray) -> None:
    photo = astronaut[:256, :256]
    finest = paint(photo, 1).astype(int)
    strays = [np.abs(paint(photo, stroke) - finest).mean() for stroke in (2, 4, 8, 16)]
    assert strays == sorted(strays)
    assert strays[3] > 1.5 * strays[1]


def test_a_face_of_60_pixels_keeps_eyes_and_mouth(astronaut: np.ndarray) -> None:
    scale = 60 / 105  # from hairline to chin the face has 105 pixels
    photo = cv2.resize(astronaut, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    before, after = lightness(photo), lightness(paint(photo))

    def window(light: np.ndarray, x: int, y: int) -> np.ndarray:
        x, y = round(x * scale), round(y * scale)
        return light[y - 2 : y + 3, x - 4 : x + 5]

    for eye, cheek in (((203, 100), (200, 123)), ((246, 103), (245, 125))):
        kept = window(after, *cheek).mean() - window(after, *eye).min()
        assert kept > 35
        assert kept > 0.9 * (window(before, *cheek).mean() - window(before, *eye).min())
    between = window(after, 224, 112)
    assert between.min() > window(after, 203, 100).min() + 15  # two eyes, not one band
    assert window(after, 223, 144).max() - window(after, 223, 144).min() > 25  # teeth and the line of the lips


def test_smooth_gradients_have_no_bands() -> None:
    row = np.linspace(50, 210, 512).round().astype(np.uint8)
    sky = np.stack([row, np.minimum(row + 15, 255), np.minimum(row + 40, 255)], -1)[None].repeat(64, 0)
    for photo, axis in ((sky, 1), (sky.transpose(1, 0, 2).copy(), 0)):
        painted = paint(photo).astype(int)
        jumps = np.abs(np.diff(painted, axis=axis))
        assert jumps.max() <= 2  # the photo's own steps are 1
        assert len(np.unique(painted[..., 1])) > 120


def test_grain_makes_no_specks() -> None:
    grain = np.random.default_rng(0).normal(150, 5, (128, 128, 1)).repeat(3, 2)
    photo = grain.clip(0, 255).astype(np.uint8)
    assert lightness(paint(photo)).std() < 0.6 * lightness(photo).std()


def test_ink_at_an_edge_and_no_halo_beside_it() -> None:
    photo = np.full((96, 96, 3), 170, np.uint8)
    photo[:, 48:] = 90
    profile = lightness(paint(photo))[48]
    bright, dark = profile[20], profile[76]
    assert profile.min() < dark - 8
    assert profile.max() < bright + 4
    assert np.ptp(profile[:44]) < 2
    assert np.ptp(profile[53:]) < 2


def test_cool_shadows_magenta_halftones_cream_lights() -> None:
    def colour(grey: int) -> np.ndarray:
        painted = paint(np.full((9, 9, 3), grey, np.uint8)).astype(np.float32) / 255
        return cv2.cvtColor(painted, cv2.COLOR_RGB2LAB)[4, 4]

    shadow, half, light = colour(60), colour(130), colour(235)
    assert shadow[2] < -8
    assert half[1] > 3
    assert light[2] > 5
    assert light[0] > half[0] > shadow[0]
