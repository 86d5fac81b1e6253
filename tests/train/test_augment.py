"""The augmentation moves both sides of a pair alike, and moves them where it says."""

import numpy as np
import pytest
import torch

from train.data.augment import Augmentation, random_crop

SIZE = 32
NO_FLIP = KEEP = 0.9  # of the chances 0.5 and 0.75
DO = 0.1


class Script:
    """A generator whose random numbers are written down: the chances in order, then angle and zoom, then place."""

    def __init__(self, flip: bool, degrees: float, zoom: float, place: tuple[int, int]) -> None:
        self.chances = [DO if flip else NO_FLIP, DO if degrees else KEEP, DO if zoom != 1 else KEEP]
        self.values = [value for value, wanted in ((degrees, degrees), (np.log(zoom), zoom != 1)) if wanted]
        self.places = list(place)

    def random(self) -> float:
        return self.chances.pop(0)

    def uniform(self, low: float, high: float) -> float:
        assert low <= self.values[0] <= high
        return self.values.pop(0)

    def integers(self, low: int, high: int) -> int:
        assert low <= self.places[0] < high
        return self.places.pop(0)


def crop(
    photo: np.ndarray, flip: bool = False, degrees: float = 0.0, zoom: float = 1.0, place: tuple[int, int] = (0, 0)
) -> np.ndarray:
    """H x W x 3 in [0, 1]: the augmented crop of `SIZE` at `place` (top, left)."""
    script = Script(flip, degrees, zoom, place)
    found = random_crop({"photo": photo}, SIZE, Augmentation(180.0, 4.0), script)
    return found["photo"].permute(1, 2, 0).numpy()


@pytest.fixture
def photo() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)


@pytest.mark.parametrize("seed", range(30))
def test_both_sides_are_moved_alike(photo: np.ndarray, seed: int) -> None:
    side = [64, 40, 20, SIZE][seed % 4]
    photo = photo[:side, : 64 - seed]
    pictures = {"photo": photo, "target": 255 - photo}
    crops = random_crop(pictures, SIZE, Augmentation(), np.random.default_rng(seed))
    found, target = crops["photo"], crops["target"]
    assert found.shape == target.shape == (3, SIZE, SIZE) and found.dtype == torch.float32
    assert torch.allclose(found, 1 - target, atol=1e-6)
    assert found.min() >= 0 and found.max() <= 1


def test_an_unturned_crop_is_the_very_pixels(photo: np.ndarray) -> None:
    assert np.array_equal(crop(photo, place=(5, 9)), photo[5 : 5 + SIZE, 9 : 9 + SIZE].astype(np.float32) / 255)
    for seed in range(20):
        found = random_crop({"photo": photo}, SIZE, Augmentation(degrees=0.0, zoom=1.0), np.random.default_rng(seed))
        pixels = found["photo"].permute(1, 2, 0).mul(255).round().byte().numpy()
        windows = np.lib.stride_tricks.sliding_window_view(photo, (SIZE, SIZE, 3))[:, :, 0]
        assert any(np.array_equal(pixels, w) or np.array_equal(pixels, w[:, ::-1]) for row in windows for w in row)


def test_a_flip_mirrors_left_and_right(photo: np.ndarray) -> None:
    assert np.array_equal(crop(photo, flip=True, place=(3, 4)), crop(photo, place=(3, 4))[:, ::-1])


@pytest.mark.parametrize(("degrees", "turns"), [(90.0, 1), (-90.0, -1), (180.0, 2)])
def test_a_rotation_turns_about_the_middle_of_the_crop(photo: np.ndarray, degrees: float, turns: int) -> None:
    straight = crop(photo, place=(16, 16))
    assert np.allclose(crop(photo, degrees=degrees, place=(16, 16)), np.rot90(straight, turns), atol=1e-3)


def test_a_rotation_by_45_degrees_turns_a_line_into_a_diagonal() -> None:
    photo = np.zeros((64, 64, 3), np.uint8)
    photo[31:33] = 255  # a level line through the middle
    turned = crop(photo, degrees=45.0, place=(16, 16))[..., 0]
    rising = [turned[SIZE - 1 - k, k] for k in range(SIZE)]
    falling = [turned[k, k] for k in range(SIZE)]
    assert min(rising) > 0.8 and sorted(falling)[SIZE // 2] < 0.1


def test_a_zoom_of_two_doubles_every_distance_from_the_middle() -> None:
    ramp = np.tile(np.arange(64, dtype=np.uint8)[None, :, None] * 4, (64, 1, 3))
    columns = 32 + (np.arange(SIZE) + 0.5 - SIZE / 2) / 2  # where in the picture each output pixel's middle lies
    expected = np.tile(((columns - 0.5) * 4 / 255)[None, :, None], (SIZE, 1, 3))
    assert np.allclose(crop(ramp, zoom=2.0, place=(16, 16)), expected, atol=1e-5)


def test_beyond_the_border_lies_the_reflection(photo: np.ndarray) -> None:
    small = photo[:20, :24]
    assert np.allclose(crop(small) * 255, np.pad(small, ((0, 12), (0, 8), (0, 0)), mode="symmetric"), atol=1e-3)


@pytest.mark.parametrize("seed", range(20))
def test_turned_over_the_border_it_sees_the_reflection_too(photo: np.ndarray, seed: int) -> None:
    rng = np.random.default_rng(seed)
    height, width = (int(side) for side in rng.integers(SIZE, 64, 2))
    place = (int(rng.integers(0, height - SIZE + 1)), int(rng.integers(0, width - SIZE + 1)))
    moves = {"degrees": float(rng.uniform(-45, 45)), "zoom": float(rng.uniform(1.01, 4))}
    wide = np.pad(photo[:height, :width], ((32, 32), (32, 32), (0, 0)), mode="symmetric")
    beyond = crop(wide, **moves, place=(place[0] + 32, place[1] + 32))
    assert np.allclose(crop(photo[:height, :width], **moves, place=place), beyond, atol=1e-4)


def test_a_picture_of_just_the_crops_size_is_moved_too(photo: np.ndarray) -> None:
    exact = photo[:SIZE, :SIZE]
    assert np.allclose(crop(exact, degrees=180.0), np.rot90(exact, 2) / 255, atol=1e-3)
    assert not np.allclose(crop(exact, zoom=2.0), exact / 255, atol=0.1)
