"""Value conversion for apps, built into the network: bytes in and out in place of its own range."""

import torch
from torch import nn


class Bytes(nn.Module):
    """N x 3 x H x W in [0, 255] in and out, as Core ML hands pictures over; the network works in [0, 1]."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        return self.model(image / 255) * 255
