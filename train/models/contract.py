"""What every generator promises, and the one place where a picture of any size meets it."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import chain

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F


@dataclass(frozen=True)
class ModelSpec:
    """What a caller must know of a generator; it takes and gives N x channels x H x W in [low, high].

    `tiling`: "local" where a pixel depends on its neighbourhood, "global" where it depends on the whole picture
    (attention, instance norm, global pooling), which tiles cannot give.
    """

    multiple: int
    channels: int = 3
    low: float = 0.0
    high: float = 1.0
    style_strength: bool = False
    style_mix: bool = False
    tiling: str = "local"


class Generator(nn.Module):
    """Base of every model family: `forward` takes sides that are multiples of `spec.multiple`."""

    spec: ModelSpec

    def fold(self) -> "Generator":
        """Replace training-time reparameterisations by plain weights, in place; the picture stays the same."""
        return self


def pad_to_multiple(image: torch.Tensor, multiple: int) -> torch.Tensor:
    """Pad N x C x H x W at the right and the bottom until both sides are multiples of `multiple`.

    By reflection; a picture thinner than the padding repeats its border instead, since it has nothing to reflect.
    """
    height, width = image.shape[-2:]
    bottom, right = -height % multiple, -width % multiple
    if not (bottom or right):
        return image
    mode = "reflect" if bottom < height and right < width else "replicate"
    return F.pad(image, (0, right, 0, bottom), mode=mode)


def paint(model: nn.Module, image: torch.Tensor, multiple: int) -> torch.Tensor:
    """Run `model` on N x 3 x H x W in [0, 1] of any size; the output has the input's size."""
    height, width = image.shape[-2:]
    return model(pad_to_multiple(image, multiple))[..., :height, :width]


def painter(model: Generator) -> Callable[[np.ndarray], np.ndarray]:
    """`model` as a function from uint8 H x W x 3 to uint8 H x W x 3, on the device its weights are on."""
    device = next(chain(model.parameters(), model.buffers())).device

    def paint_picture(picture: np.ndarray) -> np.ndarray:
        image = torch.from_numpy(np.ascontiguousarray(picture)).to(device).permute(2, 0, 1)[None].float() / 255
        with torch.inference_mode():
            painted = paint(model, image, model.spec.multiple)[0].clamp(0, 1)
        return painted.mul(255).round().byte().permute(1, 2, 0).cpu().numpy()

    return paint_picture
