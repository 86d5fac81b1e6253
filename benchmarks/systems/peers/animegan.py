"""The generator of AnimeGANv2 (Chen, Liu, Chen 2020), with the layers of its PyTorch port."""

import torch
from torch import nn
from torch.nn import functional as F

from train.models.generator import Generator
from train.models.spec import ModelSpec, Tiling

BESIDE = (0, 1, 0, 1)  # padding left, right, top, bottom, of a convolution that halves


class ConvNorm(nn.Sequential):
    """Reflection padding, a convolution without bias unless depthwise, layer norm over all, LeakyReLU."""

    def __init__(self, channels: int, out: int, kernel: int = 3, stride: int = 1, depthwise: bool = False) -> None:
        padding = BESIDE if stride == 2 else kernel // 2
        groups = channels if depthwise else 1
        super().__init__(
            nn.ReflectionPad2d(padding),
            nn.Conv2d(channels, out, kernel, stride, groups=groups, bias=depthwise),
            nn.GroupNorm(1, out),
            nn.LeakyReLU(0.2, inplace=True),
        )


class InvertedResidual(nn.Module):
    """MobileNetV2's block: widen, convolve each channel, narrow; added to the input if the widths are equal."""

    def __init__(self, channels: int, out: int, expansion: int = 2) -> None:
        super().__init__()
        wide = channels * expansion
        self.added = channels == out
        self.layers = nn.Sequential(
            ConvNorm(channels, wide, kernel=1),
            ConvNorm(wide, wide, depthwise=True),
            nn.Conv2d(wide, out, 1, bias=False),
            nn.GroupNorm(1, out),
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x + self.layers(x) if self.added else self.layers(x)


class AnimeGanV2(Generator):
    """Two halvings, inverted residuals of 256 channels, two doublings; N x 3 x H x W to the same in [-1, 1]."""

    def __init__(self) -> None:
        super().__init__()
        self.spec = ModelSpec(multiple=4, tiling=Tiling.GLOBAL)
        self.enter = nn.Sequential(ConvNorm(3, 32, kernel=7), ConvNorm(32, 64, stride=2), ConvNorm(64, 64))
        inverted = [InvertedResidual(256, 256) for _ in range(3)]
        self.middle = nn.Sequential(
            *(ConvNorm(64, 128, stride=2), ConvNorm(128, 128), ConvNorm(128, 128)),
            *(InvertedResidual(128, 256), *inverted, ConvNorm(256, 128)),
        )
        self.up = nn.Sequential(ConvNorm(128, 128), ConvNorm(128, 128))
        self.leave = nn.Sequential(ConvNorm(128, 64), ConvNorm(64, 64), ConvNorm(64, 32, kernel=7))
        self.picture = nn.Sequential(nn.Conv2d(32, 3, 1, bias=False), nn.Tanh())

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        x = self.middle(self.enter(image))
        for layers in (self.up, self.leave):
            x = layers(F.interpolate(x, scale_factor=2, mode="bilinear", align_corners=False))
        return self.picture(x)
