"""Tiny networks that together hold every operator our families use, for the tests of files written from a graph."""

import torch
from torch import nn
from torch.nn import functional as F

from train.models.dynamic_unet import Attention
from train.models.generator import Generator
from train.models.spec import ModelSpec


class Network(Generator):
    """Layers given by name; sides are multiples of 8."""

    def __init__(self, **layers: nn.Module) -> None:
        super().__init__()
        self.spec = ModelSpec(multiple=8)
        for name, layer in layers.items():
            self.add_module(name, layer)


class Convolutions(Network):
    """Every kind of convolution, and the arithmetic that becomes part of one."""

    def __init__(self) -> None:
        super().__init__(
            strided=nn.Conv2d(3, 8, 7, stride=2, padding=3),
            norm=nn.BatchNorm2d(8),
            depthwise=nn.Conv2d(8, 8, 3, padding=1, groups=8),
            grouped=nn.Conv2d(8, 12, 3, padding=1, groups=2, bias=False),
            dilated=nn.Conv2d(12, 12, 3, padding=2, dilation=2),
            last=nn.BatchNorm2d(12),
        )
        self.register_buffer("spread", torch.tensor([0.2, 0.3, 0.4]).view(1, 3, 1, 1))

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        x = F.relu(self.norm(self.strided((image - 0.5) / self.spread)))
        x = self.last(F.relu(self.dilated(F.relu(self.grouped(self.depthwise(x))))))
        return (F.pixel_shuffle(x, 2) * 0.1 + 0.5).clamp(0, 1)


class Orders(Network):
    """Channels to be shuffled, joined elementwise and, where no order but torch's will do, by concatenation."""

    def __init__(self) -> None:
        super().__init__(wide=nn.Conv2d(12, 12, 3, padding=1), narrow=nn.Conv2d(24, 12, 1))

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        deep = F.pixel_unshuffle(image, 2)
        shuffled = F.pixel_shuffle(F.relu(torch.cat([deep, self.wide(deep)], dim=1)), 2)
        change = self.narrow(F.pixel_unshuffle(shuffled, 2))
        return F.pixel_shuffle((F.pixel_unshuffle(image, 2) + change).clamp(0, 1), 2)


class Pools(Network):
    """Pooling with and without a border, enlarging, and products and differences of feature maps."""

    def __init__(self) -> None:
        super().__init__(first=nn.Conv2d(3, 8, 3, padding=1), second=nn.Conv2d(8, 8, 1), last=nn.Conv2d(8, 3, 1))

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        x = F.relu(self.first(image))
        great, mean = F.max_pool2d(x, 3, stride=2, padding=1), F.avg_pool2d(self.second(x), 2)
        x = F.interpolate(great * mean - mean, scale_factor=2, mode="nearest")
        return (image + self.last(x)).clamp(0, 1)


class Attentive(Network):
    """Self-attention over all places, which stays in float when the rest is int8."""

    def __init__(self) -> None:
        super().__init__(first=nn.Conv2d(3, 16, 4, stride=4), attention=Attention(16), last=nn.Conv2d(16, 48, 1))

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        x = self.attention(F.relu(self.first(image)))
        return F.pixel_shuffle(self.last(x), 4).clamp(0, 1)


class Bordered(Network):
    """A border of zeros would be greater than the values round it."""

    def __init__(self) -> None:
        super().__init__(first=nn.Conv2d(3, 3, 1))

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        return (F.max_pool2d(self.first(image) - 2, 3, stride=1, padding=1) + 2.5).clamp(0, 1)


NETWORKS = {network.__name__: network for network in (Convolutions, Orders, Pools, Attentive)}
