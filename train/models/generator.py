"""The base of every model family, and the one place where a picture of any size is padded, painted and cropped."""

from collections.abc import Callable
from itertools import chain
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from train.models.spec import ModelSpec


class Generator(nn.Module):
    """Base of every model family: `forward` takes the inputs of `spec`, positionally.

    `config`, where the class is in train.models.FAMILIES: a dataclass of the arguments that build the network again.
    """

    spec: ModelSpec
    config: Any
    least_side = 0  # px of the smallest picture that a graph of it takes, 0: any

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


def paint(model: Generator, image: torch.Tensor) -> torch.Tensor:
    """Run `model` on N x channels x H x W in [0, 1] of any size; the output has the input's size.

    Controls are at their defaults, and a network with a state paints a first frame.
    """
    height, width = image.shape[-2:]
    inputs = model.spec.inputs_for(pad_to_multiple(image, model.spec.multiple))
    painted = model(*inputs.values())
    return (painted[0] if model.spec.state else painted)[..., :height, :width]


def painter(model: Generator) -> Callable[[np.ndarray], np.ndarray]:
    """`model` as a function from uint8 H x W x 3 to uint8 H x W x 3, on the device its weights are on."""
    device = next(chain(model.parameters(), model.buffers())).device

    def paint_picture(picture: np.ndarray) -> np.ndarray:
        image = torch.from_numpy(np.ascontiguousarray(picture)).to(device).permute(2, 0, 1)[None].float() / 255
        with torch.inference_mode():
            painted = paint(model, image)[0].clamp(0, 1)
        return painted.mul(255).round().byte().permute(1, 2, 0).cpu().numpy()

    return paint_picture
