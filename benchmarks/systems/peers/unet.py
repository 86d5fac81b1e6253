"""The U-Net generator of pix2pix (Isola et al. 2017, arXiv:1611.07004)."""

from itertools import pairwise

import torch
from torch import nn

from train.models.generator import Generator
from train.models.spec import ModelSpec

CHANNELS = (64, 128, 256, 512, 512, 512, 512, 512)  # of the feature maps, from 1/2 down to 1/256 of the sides


class UnetGenerator(Generator):
    """Eight halvings and eight doublings with a skip at each; N x 3 x H x W, sides multiples of 256, to [-1, 1].

    Dropout, which the paper keeps at test time as its noise, is off.
    """

    def __init__(self) -> None:
        super().__init__()
        self.spec = ModelSpec(multiple=256)
        block = Level(512, 512)
        for outer, inner in reversed(list(pairwise(CHANNELS[:-1]))):
            block = Level(outer, inner, block)
        self.enter = nn.Conv2d(3, CHANNELS[0], 4, stride=2, padding=1, bias=False)
        self.block = block
        self.leave = nn.Sequential(nn.ReLU(), nn.ConvTranspose2d(2 * CHANNELS[0], 3, 4, 2, padding=1), nn.Tanh())

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        return self.leave(self.block(self.enter(image)))


class Level(nn.Module):
    """One halving, the inner level `below`, one doubling; the input is concatenated to the output."""

    def __init__(self, outer: int, inner: int, below: "Level | None" = None) -> None:
        super().__init__()
        down = [nn.LeakyReLU(0.2), nn.Conv2d(outer, inner, 4, stride=2, padding=1, bias=False)]
        norm = [nn.BatchNorm2d(inner), below] if below else []  # none at the bottom
        up = nn.ConvTranspose2d(2 * inner if below else inner, outer, 4, stride=2, padding=1, bias=False)
        self.layers = nn.Sequential(*down, *norm, nn.ReLU(), up, nn.BatchNorm2d(outer))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.cat([x, self.layers(x)], dim=1)
