"""What an app should not have to know, baked round the network: padding, cropping and the range of its numbers."""

import torch
from torch import nn


def _mirrored(side: int, padded: int, thin: torch.Tensor) -> torch.Tensor:
    """Where each of `padded` rows comes from among `side`: mirrored at the end, or its last one where `thin`."""
    index = torch.arange(padded)
    return torch.where(thin, index.clamp(max=side - 1), side - 1 - (side - 1 - index).abs())


class AnySize(nn.Module):
    """N x 3 x H x W in [0, 1] of any size, in and out: `train.models.contract.paint` as one graph without branches.

    Padding is written as two gathers because its amount, and whether it can mirror, are only known when the
    picture comes, and the padded side as a product so that an exporter can prove that the network takes it.
    """

    def __init__(self, model: nn.Module, multiple: int) -> None:
        super().__init__()
        self.model = model
        self.multiple = multiple

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        height, width = image.shape[-2:]
        tall, wide = (self.multiple * ((side + self.multiple - 1) // self.multiple) for side in (height, width))
        ...
        return self.model(image)[..., :height, :width]


class Bytes(nn.Module):
    """N x 3 x H x W in [0, 255] in and out, as Core ML hands pictures over; the network works in [0, 1]."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        return self.model(image / 255).clamp(0, 1) * 255
