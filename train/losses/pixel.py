"""Losses on pixels, their gradients and their grid."""

import torch
from torch.nn import functional as F

from train.engine.task import Batch

GRADIENT_WEIGHT = 0.6
PERIOD, PHASE_WEIGHT = 4, 4.0
SQUARED_WEIGHT, LATE_PHASE_WEIGHT, FLOAT_PHASE_WEIGHT = 20.0, 16.0, 8.0
PLAIN_LINE = f"L1 + {GRADIENT_WEIGHT} L1 of gradients + {PHASE_WEIGHT:g} L1 of grid phases"


def plain_loss(
    picture: torch.Tensor, batch: Batch, weight: float = GRADIENT_WEIGHT, phase_weight: float = PHASE_WEIGHT
) -> torch.Tensor:
    """Mean absolute error of pixels and, lest strokes blur or a grid show, those of gradients and of grid phases."""
    target = batch["target"]
    picture = clipped(picture, target)
    error = F.l1_loss(picture, target) + weight * gradient_loss(picture, target)
    return error + phase_weight * phase_loss(picture, target)


def late_loss(picture: torch.Tensor, batch: Batch) -> torch.Tensor:
    """`plain_loss` with mean squared error, and with more against grids: for the last steps of a network.

    Squares weigh the few large errors that are left when most are small. (Kong et al. 2022, arXiv:2205.07514, end on
    them too.)
    """
    target = batch["target"]
    squared = F.mse_loss(clipped(picture, target), target)
    return plain_loss(picture, batch, phase_weight=LATE_PHASE_WEIGHT) + SQUARED_WEIGHT * squared


def grid_loss(picture: torch.Tensor, batch: Batch) -> torch.Tensor:
    """`phase_loss` of the `clipped` picture, weighted for the float network beside the `late_loss` of its int8 one."""
    target = batch["target"]
    return FLOAT_PHASE_WEIGHT * phase_loss(clipped(picture, target), target)


def gradient_loss(picture: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    """Mean absolute error of the differences between neighbours, horizontal plus vertical."""
    error = picture - target
    return error.diff(dim=-1).abs().mean() + error.diff(dim=-2).abs().mean()


def phase_loss(picture: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    """Mean absolute deviation between the phases of a PERIOD x PERIOD grid in their mean error over 8 x 8 periods.

    Sides: at least 32 pixels. Neighbouring pixels from depth-to-space come from separate filters (Odena et al. 2016).
    Small differences between these show as a grid in smooth areas such as a sky, and hardly change a loss per pixel.
    """
    errors = F.pixel_unshuffle(picture - target, PERIOD)
    local = F.avg_pool2d(errors, 8, stride=4).unflatten(1, (-1, PERIOD**2))  # (N, 3, 16, h, w)
    return (local - local.mean(dim=2, keepdim=True)).abs().mean()


def clipped(picture: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    """`picture`, cut to [0, 1] where `target` is 0 or 1, as bytes will be: beyond an end there is nothing to learn.

    Elsewhere values outside keep their gradient. Much of the built-in look's red is exactly 0, which costs a network
    dear that must hit it.
    """
    return torch.where((target <= 0) | (target >= 1), picture.clamp(0, 1), picture)
