"""The paper's augmentation, the same on both sides of a pair: flip, rotation to 45 degrees, scale to 4x, reflection.

One affine resampling per crop, so that nothing is blurred twice.
"""

from dataclasses import dataclass

import numpy as np
import torch
from torch.nn import functional as F

# Chances as the paper gives them for its pix2pix runs (flip 0.5, affine and scale 0.75).
FLIP, AFFINE = 0.5, 0.75


@dataclass(frozen=True)
class Augmentation:
    """`degrees`: rotation to either side; `zoom`: largest scale (1: none)."""

    degrees: float = 45.0
    zoom: float = 4.0


FLIP_ONLY = Augmentation(degrees=0.0, zoom=1.0)


def random_crop(
    photo: np.ndarray, target: np.ndarray, size: int, augmentation: Augmentation, rng: np.random.Generator
) -> tuple[torch.Tensor, torch.Tensor]:
    """A `size` x `size` crop of both, float32 3 x size x size in [0, 1], moved alike.

    `photo`, `target`: uint8 H x W x 3 of one size. Outside the picture its reflection is seen.
    """
    flip = rng.random() < FLIP
    turned = rng.random() < AFFINE
    angle = np.deg2rad(rng.uniform(-augmentation.degrees, augmentation.degrees)) if turned else 0.0
    zoom = np.exp(rng.uniform(0, np.log(augmentation.zoom))) if rng.random() < AFFINE else 1.0
    both = np.concatenate([photo, target], axis=2)
    height, width = both.shape[:2]
    # Room for the whole crop where the picture is large enough; whole pixels, so that an unturned crop is exact.
    centre = [int(rng.integers(0, max(side - size, 0) + 1)) + size / 2 for side in (height, width)]
    crop = _resample(both, (centre[0], centre[1]), size, float(angle), float(zoom))
    crop = crop.flip(-1) if flip else crop
    return crop[:3], crop[3:]


def _resample(both: np.ndarray, centre: tuple[float, float], size: int, angle: float, zoom: float) -> torch.Tensor:
    """Bilinear crop of uint8 H x W x C round `centre` (y, x), turned by `angle` and enlarged `zoom` times."""
    # Only the window the crop can see becomes float. Where the picture's border cuts the window, both borders
    # coincide, so reflection at the window is reflection at the picture.
    reach = size * 0.71 + 2
    window, origin = both, []
    for axis, middle in enumerate(centre):
        first, last = max(0, int(middle - reach)), min(both.shape[axis], int(middle + reach))
        window = window.take(range(first, last), axis)
        origin.append(middle - first)
    step = (torch.arange(size) + 0.5 - size / 2) / zoom
    y, x = torch.meshgrid(step, step, indexing="ij")
    cos, sin = np.cos(angle), np.sin(angle)
    rows, columns = origin[0] + cos * y + sin * x, origin[1] - sin * y + cos * x
    height, width = window.shape[:2]
    grid = torch.stack([columns / width * 2 - 1, rows / height * 2 - 1], dim=-1)[None]
    image = torch.from_numpy(window).permute(2, 0, 1)[None].float() / 255
    return F.grid_sample(image, grid, padding_mode="reflection", align_corners=False)[0]
