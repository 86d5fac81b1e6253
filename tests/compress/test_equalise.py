"""Equalised channels paint the same in float and need fewer bits; a network that int8 turns to mud elsewhere holds."""

import copy
from collections.abc import Iterator

import numpy as np
import pytest
import torch
from model_tester import picture
from torch import nn
from torch.nn import functional as F
from torch.nn.utils.fusion import fuse_conv_bn_eval

from compress.graph import export_graph
from compress.int8 import quantize
from compress.int8.calibrate import calibrate
from compress.int8.equalise import equalise
from compress.int8.quantize import FakeQuantised
from train.models.generator import Generator, painter
from train.models.spec import ModelSpec

LOUD, CONTRAST = 400.0, 4.0


class SmallUnet(Generator):
    """One level down and up again, with norms in front and a skip whose last channels are `LOUD` times the others.

    The fault is the usual one: channels that hardly varied in training, so that their norm enlarges them, and weights
    that make up for it on the other side of the skip.
    """

    def __init__(self) -> None:
        super().__init__()
        self.spec = ModelSpec(multiple=8)
        self.entry, self.norm = nn.Conv2d(48, 16, 1), nn.BatchNorm2d(16, eps=1e-9)
        self.depthwise, self.down = nn.Conv2d(16, 16, 3, padding=1, groups=16), nn.Conv2d(16, 16, 2, stride=2)
        self.up, self.join = nn.Conv2d(16, 64, 1), nn.Conv2d(32, 16, 3, padding=1)
        self.exit = nn.Conv2d(16, 48, 1)
        assert self.norm.running_var is not None and self.exit.bias is not None
        with torch.no_grad():
            self.norm.running_var[-4:] = LOUD**-2
            for taking in (self.join.weight[:, 28:], self.depthwise.weight[12:]):
                taking /= LOUD
            self.exit.weight *= CONTRAST
            self.exit.bias += 0.5

    def fold(self) -> "SmallUnet":
        """The norm becomes a part of its convolution."""
        if isinstance(self.norm, nn.BatchNorm2d):
            self.entry, self.norm = fuse_conv_bn_eval(self.entry, self.norm), nn.Identity()
        return self

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        photo = F.pixel_unshuffle(image, 4)
        skip = F.relu(self.norm(self.entry(photo)))
        below = F.pixel_shuffle(self.up(F.relu(self.down(self.depthwise(skip)))), 2)
        joined = F.relu(self.join(torch.cat([F.relu(below), skip], dim=1)))
        return F.pixel_shuffle(self.exit(joined).clamp(0, 1), 4)


def photos() -> Iterator[np.ndarray]:
    for size in ((64, 80), (48, 72), (96, 64)):
        rough = F.interpolate(picture(6, 6), size, mode="bicubic") + 0.1 * picture(*size)
        yield (rough[0].clamp(0, 1) * 255).byte().permute(1, 2, 0).numpy()


@pytest.fixture(scope="module")
def unet() -> SmallUnet:
    torch.manual_seed(0)
    return SmallUnet().eval().fold().eval()


@torch.inference_mode()
def test_equalised_paints_the_same(unet: SmallUnet) -> None:
    before = copy.deepcopy(unet.state_dict())
    equalised = equalise(unet, export_graph(unet), photos())
    torch.testing.assert_close(equalised(picture(64, 96)), unet(picture(64, 96)), rtol=0, atol=1e-5)
    assert all(torch.equal(before[name], tensor) for name, tensor in unet.state_dict().items())
    changed = {name for name, tensor in equalised.state_dict().items() if not torch.equal(before[name], tensor)}
    kernels = ("entry", "depthwise", "down", "up", "join", "exit")
    assert changed >= {f"{name}.weight" for name in kernels}
    assert torch.equal(before["exit.bias"], equalised.state_dict()["exit.bias"]), "the picture's own scale is fixed"


def test_weights_that_a_norm_is_folded_into_stay(unet: SmallUnet) -> None:
    torch.manual_seed(0)
    unfolded = SmallUnet().eval()
    equalised = equalise(unfolded, export_graph(unfolded), photos())
    assert torch.equal(equalised.entry.weight, unfolded.entry.weight)
    assert torch.equal(equalised.depthwise.bias, unfolded.depthwise.bias) is False
    torch.testing.assert_close(equalised(picture(64, 96)), unfolded(picture(64, 96)), rtol=0, atol=1e-5)


def from_float(model: Generator, wanted: Generator) -> float:
    """The least PSNR (dB) of the int8 pictures of `model` from those of `wanted`."""
    graph = export_graph(model)
    rounded = FakeQuantised(graph, calibrate(graph, photos())).eval()
    paint, reference = painter(rounded), painter(wanted)
    errors = [np.square(paint(photo) / 255 - reference(photo) / 255).mean() for photo in photos()]
    return float(-10 * np.log10(max(errors)))


def per_tensor(kernel: torch.Tensor) -> torch.Tensor:
    """The naive way: one scale for the whole kernel."""
    scale = kernel.detach().abs().max().item() / 127
    return torch.fake_quantize_per_tensor_affine(kernel, scale, 0, -127, 127)


def test_what_turns_to_mud_elsewhere_holds(unet: SmallUnet, monkeypatch: pytest.MonkeyPatch) -> None:
    ours = from_float(equalise(unet, export_graph(unet), photos()), unet)
    monkeypatch.setattr(quantize, "round_kernel", per_tensor)
    naive = from_float(unet, unet)
    assert naive < 20 and ours > 30, (naive, ours)
