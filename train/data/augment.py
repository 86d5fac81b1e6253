"""The paper's augmentation, alike on all pictures of a sample: flip, rotation to 45 degrees, scale to 4x, reflection.

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


def random_crop(
    pictures: dict[str, np.ndarray], size: int, augmentation: Augmentation, rng: np.random.Generator
) -> dict[str, torch.Tensor]:
    """A crop of every picture under its name, float32 3 x size x size in [0, 1], moved alike.

    `pictures`: uint8 H x W x 3 of one size. Outside the picture its reflection is seen.
    """
    flip = rng.random() < FLIP
    turned = rng.random() < AFFINE
    angle = np.deg2rad(rng.uniform(-augmentation.degrees, augmentation.degrees)) if turned else 0.0
    zoom = np.exp(rng.uniform(0, np.log(augmentation.zoom))) if rng.random() < AFFINE else 1.0
    height, width = next(iter(pictures.values())).shape[:2]
    # Room for the whole crop where the picture is large enough; whole pixels, so that an unturned crop is exact.
    top, left = (int(rng.integers(0, max(side - size, 0) + 1)) for side in (height, width))
    # Only what the crop can see becomes float. Where the picture's border cuts this window the two borders coincide,
    # so reflection at the window is reflection at the picture.
    reach = size if angle == 0 and zoom == 1 else int(size * 1.42) + 4
    margin = (reach - size) // 2
    rows = slice(max(0, top - margin), top + size + margin)
    columns = slice(max(0, left - margin), left + size + margin)
    window = np.concatenate([picture[rows, columns] for picture in pictures.values()], axis=2)
    image = torch.from_numpy(window).permute(2, 0, 1).float() / 255
    if angle != 0 or zoom != 1 or image.shape[1:] != (size, size):
        centre = (top - rows.start + size / 2, left - columns.start + size / 2)
        image = _resample(image, centre, size, float(angle), float(zoom))
    image = image.flip(-1) if flip else image
    return dict(zip(pictures, image.split(3), strict=True))


def _resample(image: torch.Tensor, centre: tuple[float, float], size: int, angle: float, zoom: float) -> torch.Tensor:
    """Bilinear crop of C x H x W round `centre` (y, x), turned by `angle` and enlarged `zoom` times."""
    step = (torch.arange(size) + 0.5 - size / 2) / zoom
    y, x = torch.meshgrid(step, step, indexing="ij")
    cos, sin = np.cos(angle), np.sin(angle)
    rows, columns = centre[0] + cos * y + sin * x, centre[1] - sin * y + cos * x
    height, width = image.shape[1:]
    grid = torch.stack([columns / width * 2 - 1, rows / height * 2 - 1], dim=-1)[None]
    return F.grid_sample(image[None], grid, padding_mode="reflection", align_corners=False)[0]
