"""Measures with known answers, and what a network does to a scene that is cropped or moved."""

from pathlib import Path

import numpy as np
import pytest
import torch

from benchmarks.quality import fidelity, learned_metrics
from benchmarks.quality.held_out import Judge, JudgedPair
from benchmarks.quality.motion import motions, move, shimmer
from convert.runtimes.torch_model import TorchRuntime
from train.data.source import Painted, Paired


def clouds(side: int = 256, seed: int = 0) -> np.ndarray:
    """Soft random clouds, uint8."""
    small = np.random.default_rng(seed).uniform(0, 255, (side // 16, side // 16, 3)).astype(np.float32)
    image = torch.from_numpy(small).permute(2, 0, 1)[None]
    return torch.nn.functional.interpolate(image, side, mode="bicubic")[0].permute(1, 2, 0).clamp(0, 255).byte().numpy()


def negative(picture: np.ndarray) -> np.ndarray:
    return 255 - picture


class Grid:
    """Paints by its place in the picture, not by what is seen there: every fourth column is darker."""

    def __call__(self, picture: np.ndarray) -> np.ndarray:
        painted = picture.copy()
        painted[:, ::4] //= 2
        return painted


def test_colour_error_is_the_published_one() -> None:
    """Pair 25 of Sharma et al.'s test data, (60.2574, -34.0099, 36.2677) and (60.4626, -34.1751, 39.4387): 1.2644."""
    from skimage.color import deltaE_ciede2000, lab2rgb

    first, second = np.array([60.2574, -34.0099, 36.2677]), np.array([60.4626, -34.1751, 39.4387])
    assert deltaE_ciede2000(first, second) == pytest.approx(1.2644, abs=1e-4)
    flat = [np.full((8, 8, 3), np.rint(lab2rgb(lab[None])[0] * 255), np.uint8) for lab in (first, second)]
    assert fidelity.colour_error(*flat) == pytest.approx(1.2644, abs=0.4)  # a byte of RGB is some tenths
    assert fidelity.colour_error(flat[0], flat[0]) == 0


def test_ms_ssim_forgives_fine_noise_more_than_coarse_blots() -> None:
    picture = clouds()
    noise = np.random.default_rng(1).normal(0, 20, (16, 16, 3)).repeat(16, axis=0).repeat(16, axis=1)
    fine = np.random.default_rng(1).normal(0, 20, picture.shape)
    coarse, fine = (np.clip(picture + part, 0, 255).astype(np.uint8) for part in (noise, fine))
    assert fidelity.ms_ssim(picture, picture) == pytest.approx(1.0)
    single = [fidelity.photo_scores(one, picture)["ssim"] for one in (fine, coarse)]
    multi = [fidelity.photo_scores(one, picture)["ms_ssim"] for one in (fine, coarse)]
    assert multi[0] - single[0] > multi[1] - single[1]
    assert "ms_ssim" not in fidelity.photo_scores(picture[:100], picture[:100])


def test_motion_is_what_it_says() -> None:
    picture = np.zeros((65, 65, 3), np.uint8)
    picture[30:33, 30:33] = 200
    y, x = (np.average(np.arange(65), weights=move(picture, motions(65, 65)["pan"]).sum((axis, 2))) for axis in (1, 0))
    assert (x, y) == pytest.approx((31 + 1.5, 31 + 0.75), abs=0.05)
    for name in ("zoom", "turn"):  # about the middle, which stays
        matrix = motions(65, 65)[name]
        assert matrix @ (32, 32, 1) == pytest.approx((32, 32))
    assert motions(65, 65)["zoom"][0, 0] == pytest.approx(1.02)
    assert motions(65, 65)["turn"][0, 1] == pytest.approx(np.sin(np.deg2rad(1.0)))


def test_a_painter_that_paints_by_place_shimmers_and_one_that_paints_what_it_sees_does_not() -> None:
    photo = clouds()
    assert shimmer(lambda picture: picture, photo, photo) == 0
    assert shimmer(negative, photo, negative(photo)) < 0.5  # the kernel's rounding alone
    assert shimmer(Grid(), photo, Grid()(photo)) > 5


def test_a_grid_shows_in_checkerboard_crop_and_motion_beside_its_targets() -> None:
    source = Painted()
    targets = fidelity.Targets(source)
    targets.paint = negative
    photos = {}
    for name, paint in (("plain", negative), ("grid", lambda picture: Grid()(negative(picture)))):
        photos[name] = []
        for seed in range(3):
            photo = clouds(seed=seed)
            entry = {"painted": fidelity.stability(paint, photo, paint(photo), 4)}
            photos[name].append(entry | {"target": targets.stability(str(seed), photo, negative(photo), 4)})
    plain, grid = (fidelity.summarise(found)[0] for found in photos.values())
    assert plain == {"checkerboard": 0, "crop": 100, "motion": 0}
    assert grid["checkerboard"] > 10 and grid["crop"] < 30 and grid["motion"] > 5


def test_every_mean_has_its_standard_error() -> None:
    means, errors = fidelity.summarise([{"psnr": value} for value in (30.0, 32.0, 34.0)] + [{}])
    assert means == {"psnr": 32.0}
    assert errors == {"psnr": pytest.approx(2 / 3**0.5, abs=1e-4)}


def test_pairs_without_a_program_leave_shimmer_out_and_say_so(tmp_path: Path) -> None:
    photo = clouds(96)
    judge = Judge([JudgedPair("one", photo, negative(photo), False, True)], Paired("somewhere"), tmp_path)
    figures = judge(TorchRuntime(torch.nn.Identity(), 4), "identity").fidelity
    assert figures.motion is None and figures.crop == 100


def test_a_quick_look_leaves_out_what_takes_long_and_says_so(tmp_path: Path) -> None:
    photo = clouds(192)
    pairs = [JudgedPair("one", photo, negative(photo), False, True)]
    found = {}
    for quick in (False, True):
        judge = Judge(pairs, Paired("somewhere"), tmp_path, quick)
        found[quick] = judge(TorchRuntime(torch.nn.Identity(), 4), "identity").fidelity
        assert ("MS-SSIM" in judge.not_run) == quick
    assert found[False].plain().keys() - found[True].plain().keys() == {"ms_ssim", "crop", "checkerboard"}
    assert "no program" in judge.not_run["shimmer"]


def test_kid_is_nothing_between_two_halves_and_grows_with_the_distance() -> None:
    draw = np.random.default_rng(0)
    here, there = draw.normal(0, 1, (400, 16)), draw.normal(0, 1, (400, 16))
    mean, spread = learned_metrics.kid(here, there)
    assert abs(mean) < 2 * spread
    # For standard normals the kernel's mean is E[(x.y / D + 1)^3] = 1 + 3 / D; moved by m, it is known as well.
    shift = np.full(16, 1.0)
    inside, across = 1 + 3 / 16, 1 + 3 / 16  # of two unmoved ones; of an unmoved and a moved one: E[x.y] = 0
    moved = ((here + shift) @ (there + shift).T / 16 + 1) ** 3
    wanted = inside + moved.mean() - 2 * (across + 3 / 16)
    assert learned_metrics.kid(here, there + shift)[0] == pytest.approx(wanted, rel=0.15)


def test_measures_without_their_weights_are_not_run_and_nothing_is_fetched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path))
    missing = learned_metrics.missing()
    assert missing.keys() == {"LPIPS", "KID", "FID"}
    assert missing["KID"].startswith("inception_v3_google-0cc3c7bd.pth ")
    assert not list(tmp_path.iterdir())


def test_inception_features_come_from_the_file_in_the_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from torchvision.models import inception_v3

    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path))
    torch.manual_seed(0)
    (tmp_path / "checkpoints").mkdir()
    torch.save(
        inception_v3(init_weights=False).state_dict(), tmp_path / "checkpoints" / "inception_v3_google-0cc3c7bd.pth"
    )
    assert "KID" not in learned_metrics.missing()
    features = learned_metrics.load_inception()
    first, second = features(clouds(64)), features(negative(clouds(64)))
    assert first.shape == (2048,) and not np.allclose(first, second)
