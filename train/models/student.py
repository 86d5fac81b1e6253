"""Students: small networks for phones that work at a half and at a quarter of the picture's resolution.

Space-to-depth in, depth-to-space out, nothing at full resolution: on phones and in XNNPACK the way in and out
costs more than the layers between. The trunk, at a quarter, has a large receptive field; its features go up to the
details, at a half, which every four pixels share and which draw the strokes. The photo itself is added before the last
depth-to-space, so that the network learns only the look's changes. (Sub-pixel convolution: Shi et al. 2016,
arXiv:1609.05158; two scales and a skip: Ronneberger et al. 2015, arXiv:1505.04597.)
docs/students.md has the measurements behind this shape.
"""

from dataclasses import dataclass

import torch
from torch import nn
from torch.nn import functional as F

from train.models.generator import Generator
from train.models.spec import ModelSpec

HALF = 2  # each of the two rearrangements halves the sides
STRIDE = HALF * HALF


class ResidualPair(nn.Module):
    """Two 3x3 convolutions with a skip round them: N x C x H x W to the same shape."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(width, width, 3, padding=1)
        self.second = nn.Conv2d(width, width, 3, padding=1)
        # A pair begins as nothing but its skip, so that depth does no harm (Zhang et al. 2019, arXiv:1901.09321).
        nn.init.zeros_(self.second.weight)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return F.relu(x + self.second(F.relu(self.first(x))))


@dataclass(frozen=True)
class StudentConfig:
    """The arguments of `Student`."""

    width: int
    detail: int
    trunk: int


class Student(Generator):
    """`trunk` 3x3 convolutions of 2 x `width` channels at a quarter, `detail` of `width` at a half of the resolution.

    Both are in residual pairs; an odd one stands first, without a skip. An untrained student is the identity.
    """

    def __init__(self, width: int, detail: int, trunk: int) -> None:
        super().__init__()
        self.config = StudentConfig(width, detail, trunk)
        self.spec = ModelSpec(multiple=STRIDE)
        pixels = self.spec.channels * HALF**2
        self.entry = nn.Conv2d(pixels, width, 3, padding=1)
        self.down = nn.Conv2d(width, 2 * width, HALF, stride=HALF)
        self.trunk = _convolutions(2 * width, trunk)
        self.up = nn.Conv2d(2 * width, width * HALF**2, 1)
        self.detail = _convolutions(width, detail)
        self.exit = nn.Conv2d(width, pixels, 1)
        for parameter in self.exit.parameters():
            nn.init.zeros_(parameter)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        photo = F.pixel_unshuffle(image, HALF)  # (N, 12, H/2, W/2)
        fine = F.relu(self.entry(photo))
        coarse = self.trunk(F.relu(self.down(fine)))  # (N, 2 width, H/4, W/4)
        fine = F.relu(fine + F.pixel_shuffle(self.up(coarse), HALF))
        painted = photo + self.exit(self.detail(fine))
        # While training, values outside [0, 1] keep their gradient.
        return F.pixel_shuffle(painted if self.training else painted.clamp(0, 1), HALF)


def _convolutions(width: int, count: int) -> nn.Sequential:
    odd = [nn.Sequential(nn.Conv2d(width, width, 3, padding=1), nn.ReLU())] * (count % 2)
    return nn.Sequential(*odd, *(ResidualPair(width) for _ in range(count // 2)))
