"""Checkerboards and seams that were put there are found, and none where there are none."""

from functools import partial

import numpy as np
import pytest

from pix2phone.pictures import read_picture
from train.data.photos import builtin
from train.models import build
from train.models.generator import painter
from train.seams import crops, mean_step, spectral_peaks
from train.styles.painterly import paint


def clean(side: int = 256, seed: int = 0) -> np.ndarray:
    """Soft random clouds with a spectrum that falls like a photo's."""
    noise = np.random.default_rng(seed).normal(size=(side, side, 3))
    frequency = np.hypot(np.fft.fftfreq(side)[:, None], np.fft.fftfreq(side)[None])[..., None]
    cloud = np.fft.ifft2(np.fft.fft2(noise, axes=(0, 1)) / np.maximum(frequency, 1 / side) ** 1.2, axes=(0, 1)).real
    return np.rint(128 + 40 * cloud / cloud.std()).clip(0, 255).astype(np.uint8)


def grid(picture: np.ndarray, period: int, amplitude: float) -> np.ndarray:
    """`picture` with one brighter pixel in each `period` x `period`, as an uneven overlap leaves it."""
    pattern = np.zeros(picture.shape)
    pattern[::period, ::period] = amplitude
    return np.rint(picture + pattern).clip(0, 255).astype(np.uint8)


@pytest.mark.parametrize("period", [4, 8])
def test_a_clean_picture_has_no_peaks(period: int) -> None:
    peaks = np.mean([spectral_peaks(clean(seed=seed), period) for seed in range(4)], axis=0)
    assert peaks.shape == (2, period // 2)
    assert np.abs(peaks).max() < 1.0
    assert np.abs(spectral_peaks(np.full((80, 80, 3), 90, np.uint8), period)).max() < 1e-6


def test_columns_a_tenth_of_a_grey_level_apart_from_their_mean_are_found() -> None:
    """In a painted photo, rounded at random so that fractions of a level remain in the mean."""
    target = paint(read_picture(builtin("held-out")[0])).astype(np.float32)
    chance = np.random.default_rng(0).random(target.shape)
    columns = np.where(np.arange(target.shape[1]) % 2, 0.1, -0.1)[None, :, None]
    plain, striped = (
        np.floor(picture + chance).clip(0, 255).astype(np.uint8) for picture in (target, target + columns)
    )
    across, down = (spectral_peaks(striped, 2) - spectral_peaks(plain, 2)).ravel()
    assert across > 0.5 and abs(down) < 0.2


@pytest.mark.parametrize("period", [4, 8])
def test_peaks_grow_with_the_checkerboard(period: int) -> None:
    heights = [spectral_peaks(grid(clean(), period, amplitude), period).max() for amplitude in (0, 8, 16, 32)]
    assert heights == sorted(heights)
    assert heights[-1] > heights[0] + 3


def test_stripes_peak_at_their_own_frequency_across_or_down() -> None:
    stripes = clean().astype(float)
    stripes[:, ::4] += 6  # period 4: lines 1/4 and 1/2 of those at 1/8, 1/4, 3/8, 1/2
    across, down = spectral_peaks(np.rint(stripes.clip(0, 255)).astype(np.uint8), 8)
    assert across[[1, 3]].min() > 2
    assert max(across[[0, 2]].max(), down.max()) < 1.5


def test_a_faint_checkerboard_in_a_sky_shows_beside_busy_leaves() -> None:
    picture = np.random.default_rng(1).integers(0, 256, (256, 256, 3), dtype=np.uint8)
    picture[:, :128] = 150
    marked = picture.copy()
    marked[:, :128] = grid(picture[:, :128], 4, 2)
    assert spectral_peaks(marked, 4).max() > spectral_peaks(picture, 4).max() + 3


def test_a_small_picture_and_an_odd_period_are_refused() -> None:
    with pytest.raises(ValueError, match="at least 64"):
        spectral_peaks(clean(60), 8)
    with pytest.raises(ValueError, match="period 12"):
        spectral_peaks(clean(80), 12)


def test_a_painter_without_a_grid_is_the_same_in_crops() -> None:
    photo = clean()
    found = crops(lambda picture: 255 - picture, photo, 255 - photo)
    assert found.psnr == 100
    assert found.step == pytest.approx(mean_step(255 - photo), rel=0.02)


def test_a_grid_shows_as_seams() -> None:
    photo = clean()
    marked = (partial(grid, period=4, amplitude=amplitude) for amplitude in (8, 40))
    faint, strong = (crops(mark, photo, mark(photo)) for mark in marked)
    assert 100 > faint.psnr > strong.psnr
    assert strong.step > faint.step > mean_step(photo) * 1.01


def test_a_new_student_is_the_identity_and_has_no_seams() -> None:
    photo = clean(160)[:157, :150]
    student = painter(build("small").eval())
    assert crops(student, photo, student(photo)).psnr == 100
