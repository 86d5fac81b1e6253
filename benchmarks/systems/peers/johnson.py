"""Fast style transfer (Johnson et al. 2016, arXiv:1603.08155), as in PyTorch's own examples.

There and in later versions, instance norm (Ulyanov et al. 2016) and nearest-neighbour doublings replace the paper's
batch norm and transposed convolutions.
"""

import torch
from torch import nn

from train.models.generator import Generator
from train.models.spec import ModelSpec, Tiling


class StyleTransfer(Generator):
    """Two halvings, five residual blocks of 128 channels, two doublings; N x 3 x H x W to the same, unbounded."""

    def __init__(self) -> None:
        super().__init__()
        self.spec = ModelSpec(multiple=4, tiling=Tiling.GLOBAL)
        self.layers = nn.Sequential(
            *(*_convolve(3, 32, 9), nn.ReLU()),
            *(*_convolve(32, 64, 3, stride=2), nn.ReLU()),
            *(*_convolve(64, 128, 3, stride=2), nn.ReLU()),
            *(Residual(128) for _ in range(5)),
            *(nn.Upsample(scale_factor=2), *_convolve(128, 64, 3), nn.ReLU()),
            *(nn.Upsample(scale_factor=2), *_convolve(64, 32, 3), nn.ReLU()),
            *_convolve(32, 3, 9)[:-1],
        )

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        return self.layers(image)


class Residual(nn.Module):
    """Two 3x3 convolutions added to the input."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(*_convolve(channels, channels, 3), nn.ReLU(), *_convolve(channels, channels, 3))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x + self.layers(x)


def _convolve(channels: int, out: int, kernel: int, stride: int = 1) -> list[nn.Module]:
    convolution = nn.Conv2d(channels, out, kernel, stride)
    return [nn.ReflectionPad2d(kernel // 2), convolution, nn.InstanceNorm2d(out, affine=True)]
