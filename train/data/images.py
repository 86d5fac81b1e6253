"""Pictures by themselves, each read once before anything trains on them."""

from functools import cache
from pathlib import Path

import numpy as np

from pix2phone.errors import UserError
from pix2phone.pictures import read_picture
from train.data.checked import gather, large_enough
from train.data.photos import list_photos
from train.data.source import Images


@cache
def list_images(source: Images, split: str) -> tuple[Path, ...]:
    """The pictures of "train", "val" or "test" that can be read, by folder and name.

    UserError when one cannot, unless `source.skip_bad`, and when there is none.
    """
    found = gather(list_photos(source.images, split), check_image, f"checking {split} pictures", source.skip_bad)
    if not found:
        raise UserError(f"{' '.join(source.images)}: no {split} pictures; add more")
    return tuple(found)


def check_image(path: Path) -> Path:
    """`path` itself. UserError when it holds no picture, or one that is too small."""
    read_image(path)
    return path


def read_image(path: Path) -> dict[str, np.ndarray]:
    """One sample: "image", uint8 H x W x 3."""
    return {"image": large_enough(path, read_picture(path))}
