"""The generator of CycleGAN (Zhu et al. 2017, arXiv:1703.10593), also an option of pix2pix's own code."""

import torch
from torch import nn

from train.models.generator import Generator
from train.models.spec import ModelSpec, Tiling


class ResnetGenerator(Generator):
    """Two halvings, `blocks` residual blocks of 256 channels, two doublings; N x 3 x H x W to the same in [-1, 1].

    As in the authors' PyTorch code: instance norm with biases for CycleGAN, batch norm without for pix2pix.
    """

    def __init__(self, blocks: int, batch_norm: bool, width: int = 64) -> None:
        super().__init__()
        tiling = Tiling.LOCAL if batch_norm else Tiling.GLOBAL  # instance norm depends on the whole picture
        self.spec = ModelSpec(multiple=4, tiling=tiling)
        norm, bias = (nn.BatchNorm2d, False) if batch_norm else (nn.InstanceNorm2d, True)
        layers: list[nn.Module] = [nn.ReflectionPad2d(3), nn.Conv2d(3, width, 7, bias=bias), norm(width), nn.ReLU()]
        for channels in (width, 2 * width):
            half = nn.Conv2d(channels, 2 * channels, 3, stride=2, padding=1, bias=bias)
            layers += [half, norm(2 * channels), nn.ReLU()]
        layers += [ResnetBlock(4 * width, norm, bias) for _ in range(blocks)]
        for channels in (4 * width, 2 * width):
            double = nn.ConvTranspose2d(channels, channels // 2, 3, 2, padding=1, output_padding=1, bias=bias)
            layers += [double, norm(channels // 2), nn.ReLU()]
        self.layers = nn.Sequential(*layers, nn.ReflectionPad2d(3), nn.Conv2d(width, 3, 7), nn.Tanh())

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        return self.layers(image)


class ResnetBlock(nn.Module):
    """Two 3x3 convolutions, the second without a ReLU, added to the input."""

    def __init__(self, channels: int, norm: type[nn.Module], bias: bool) -> None:
        super().__init__()
        parts = [[nn.ReflectionPad2d(1), nn.Conv2d(channels, channels, 3, bias=bias), norm(channels)] for _ in "12"]
        self.layers = nn.Sequential(*parts[0], nn.ReLU(), *parts[1])

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x + self.layers(x)
