"""Pictures at the border: 8-bit sRGB files to H x W x 3 uint8 arrays and back, and folders of them."""

import unicodedata
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from pix2phone.artefacts import replacing
from pix2phone.errors import UserError

SUFFIXES = (".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tif", ".tiff")


def read_picture(path: Path) -> np.ndarray:
    """Decode a picture file as uint8 H x W x 3 sRGB, turned as its EXIF orientation says.

    Raises UserError for a missing, unreadable or truncated file.
    """
    try:
        with Image.open(path) as image:
            return _rgb(ImageOps.exif_transpose(image))
    except FileNotFoundError:
        raise UserError(f"{path}: no such picture; check the path") from None
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise UserError(f"{path}: unreadable or truncated picture ({error}); replace or remove it") from None


def _rgb(image: Image.Image) -> np.ndarray:
    if image.mode == "F":
        raise ValueError("floating-point pixels")
    if image.mode.startswith("I"):  # 16 bits of grey, which Pillow's own conversion clips to white
        image = Image.fromarray(np.clip(np.asarray(image) >> 8, 0, 255).astype(np.uint8))
    return np.array(image.convert("RGB"))


def write_picture(path: Path, picture: np.ndarray) -> None:
    """Write uint8 H x W x 3; the suffix says the format, JPEG at quality 95 without colour subsampling."""
    if path.suffix.lower() not in SUFFIXES:
        raise UserError(f"{path}: unknown picture format {path.suffix!r}; use one of {', '.join(SUFFIXES)}")
    options: dict[str, Any] = {"quality": 95, "subsampling": 0} if path.suffix.lower() in (".jpg", ".jpeg") else {}
    with replacing(path) as temporary:
        Image.fromarray(picture).save(temporary, **options)


def list_pictures(folder: Path) -> list[Path]:
    """The pictures directly in `folder`, by name. UserError when it is no folder or holds none."""
    if not folder.is_dir():
        raise UserError(f"{folder}: no such folder; name a folder of pictures")
    found = sorted(p for p in folder.iterdir() if p.suffix.lower() in SUFFIXES and not p.name.startswith("."))
    if not found:
        raise UserError(f"{folder}: no pictures in it; put {', '.join(SUFFIXES)} files there")
    return found


def name_key(path: Path) -> str:
    """What two files that belong together have in common: the name without suffix, composed (NFC), in one case.

    macOS and some archives decompose accents, so that one name may be spelled in two ways on one disk.
    """
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", path.stem).casefold())


def fit(picture: np.ndarray, longest: int) -> np.ndarray:
    """Shrink (Lanczos) so that neither side is longer than `longest` pixels; smaller pictures stay as they are."""
    height, width = picture.shape[:2]
    if max(height, width) <= longest:
        return picture
    return scale(picture, longest / max(height, width))


def scale(picture: np.ndarray, factor: float) -> np.ndarray:
    """Resize uint8 H x W x 3 by `factor` with a Lanczos filter; sides never fall below one pixel."""
    height, width = picture.shape[:2]
    size = (max(1, round(width * factor)), max(1, round(height * factor)))
    return np.array(Image.fromarray(picture).resize(size, Image.Resampling.LANCZOS))
