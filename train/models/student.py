"""Students: small networks for phones that work at a quarter of the picture's resolution.

Space-to-depth in, depth-to-space out, nothing at full resolution: on phones and in XNNPACK the way in and out
costs more than the trunk. The photo itself is added before depth-to-space, so that the trunk learns only what
the look changes. (Sub-pixel convolution: Shi et al. 2016, arXiv:1609.05158.) docs/students.md has the measurements
behind this shape.
"""

import torch
from torch import nn
from torch.nn import functional as F

from train.models.contract import Generator, ModelSpec

STRIDE = 4


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


class Student(Generator):
    """`depth` 3x3 convolutions of `width` channels at a quarter of the resolution, in residual pairs.

    An odd one stands first, without a skip. An untrained student is the identity.
    """

    def __init__(self, width: int, depth: int) -> None:
        super().__init__()
        self.spec = ModelSpec(multiple=STRIDE)
        pixels = self.spec.channels * STRIDE**2
        self.entry = nn.Conv2d(pixels, width, 1)
        odd = [nn.Sequential(nn.Conv2d(width, width, 3, padding=1), nn.ReLU())] * (depth % 2)
        self.trunk = nn.Sequential(*odd, *(ResidualPair(width) for _ in range(depth // 2)))
        self.exit = nn.Conv2d(width, pixels, 1)
        for parameter in self.exit.parameters():
            nn.init.zeros_(parameter)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        photo = F.pixel_unshuffle(image, STRIDE)  # (N, 48, H/4, W/4)
        change = self.exit(self.trunk(F.relu(self.entry(photo))))
        painted = photo + change
        # While training, values outside [0, 1] keep their gradient.
        return F.pixel_shuffle(painted if self.training else painted.clamp(0, 1), STRIDE)
