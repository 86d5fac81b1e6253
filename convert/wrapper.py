"""What an app should not have to know, baked round the network: padding, cropping and the range of its numbers."""

import torch
from torch import nn


class AnySize(nn.Module):
    """N x 3 x H x W in [0, 1] of any size, in and out: `train.models.contract.paint` as a graph without branches.

    How much to pad, and whether the picture is too thin to be mirrored, is known only when the picture comes: so the
    padding is gathered by index. The padded side is written as a product, so that an exporter can prove it fits.
    """

    def __init__(self, model: nn.Module, multiple: int) -> None:
        super().__init__()
        self.model = model
        self.multiple = multiple

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        height, width = image.shape[-2:]
        bottom, right = self._missing(height), self._missing(width)
        thin = (torch.scalar_tensor(bottom) >= height) | (torch.scalar_tensor(right) >= width)
        padded = _continue(_continue(image, 2, bottom, thin), 3, right, thin)
        return self.model(padded)[..., :height, :width]

    def _missing(self, side: int) -> int:
        return self.multiple * ((side + self.multiple - 1) // self.multiple) - side


def _continue(image: torch.Tensor, dim: int, count: int, thin: torch.Tensor) -> torch.Tensor:
    """Add `count` rows at the end of `dim`: mirrored without the border itself, or the border repeated if `thin`."""
    last = image.shape[dim] - 1
    index = torch.where(thin, last, last - 1 - torch.arange(count))
    return torch.cat([image, image.index_select(dim, index)], dim)


class Bytes(nn.Module):
    """N x 3 x H x W in [0, 255] in and out, as Core ML hands pictures over; the network works in [0, 1]."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        return self.model(image / 255) * 255
