"""The levels of 8-bit values: 256 for an activation, and 255 about zero for each output channel of a kernel."""

import torch

Range = tuple[float, float]
Ranges = dict[str, Range | None]  # of nodes by their names; None: the node stays in float
STEPS = 255


def scale_and_zero(ends: Range) -> tuple[float, int]:
    """The size of a step between the 256 levels of a range, and which of them, from 0 to 255, is zero."""
    low, high = ends
    scale = (high - low) / STEPS
    return scale, round(-low / scale)


def kernel_scales(kernel: torch.Tensor) -> torch.Tensor:
    """For each output channel (dimension 0) a 127th of its greatest weight."""
    return kernel.detach().abs().flatten(1).amax(1).clamp(min=1e-8) / 127
