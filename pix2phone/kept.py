"""The metadata of a photo's file, kept for the file of its painting."""

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import ExifTags, Image

HOLD_ALPHA = (".png", ".webp", ".tif", ".tiff")
JPEG = (".jpg", ".jpeg", ".jfif", ".jpe")
JPEG_EXIF_BYTES = 65533  # of one marker
# Of the first directory; the rest of it is how that file was stored (strips of a TIFF, a thumbnail of the photo).
_TOLD = (
    *("ImageDescription", "Make", "Model", "Software", "DateTime"),
    *("Artist", "HostComputer", "Copyright", "ExifOffset", "GPSInfo", "Rating"),
    *("XPTitle", "XPComment", "XPAuthor", "XPKeywords", "XPSubject"),
)
_SUB = (ExifTags.Base.ExifOffset, ExifTags.Base.GPSInfo)


@dataclass(frozen=True)
class Kept:
    """`alpha`: uint8 H x W; `profile`: ICC bytes, RGB; `exif`: bytes without orientation; `dpi`: across and down.

    None where the photo has none.
    """

    alpha: np.ndarray | None = None
    profile: bytes | None = None
    exif: bytes | None = None
    dpi: tuple[float, float] | None = None

    def options(self, path: Path) -> dict[str, Any]:
        """How Pillow is told to save all but the alpha in the file `path`."""
        exif = self.exif
        if exif and path.suffix.lower() in JPEG and len(exif) > JPEG_EXIF_BYTES:
            exif = None
        told = {"icc_profile": self.profile, "exif": exif, "dpi": self.dpi}
        return {name: value for name, value in told.items() if value}


def orientation(image: Image.Image) -> int:
    """How the camera was held, 1 to 8 as EXIF counts; 1 where EXIF is missing, broken or says something else."""
    held = _entry(_exif(image), ExifTags.Base.Orientation)
    return held if held in range(1, 9) else 1


def exif_told(image: Image.Image) -> bytes | None:
    """The EXIF of `image` without orientation and thumbnail, as bytes; entries that cannot be read are left out."""
    told = Image.Exif()
    entries = _exif(image)
    for tag in (ExifTags.Base[name] for name in _TOLD):
        value = _sub(entries, tag) if tag in _SUB else _entry(entries, tag)
        if value and _writable(tag, value):
            told[tag] = value
    return told.tobytes() if told else None


def resolution(image: Image.Image) -> tuple[float, float] | None:
    """Pixels an inch across and down; None where the file states none that is possible."""
    try:
        across, down = (float(value) for value in image.info["dpi"])
    except (KeyError, TypeError, ValueError, ZeroDivisionError):
        return None
    # Pillow says 1 of a TIFF that says nothing.
    possible = all(math.isfinite(value) and 1 < value <= 65535 for value in (across, down))
    return (across, down) if possible else None


def _exif(image: Image.Image) -> Image.Exif:
    try:
        return image.getexif()
    except Exception:  # Pillow raises whatever broken bytes lead it to: struct.error, SyntaxError, ValueError, ...
        return Image.Exif()


def _entry(entries: Image.Exif, tag: int) -> Any:
    try:
        return entries.get(tag)
    except Exception:  # as above: values are read when they are asked for
        return None


def _sub(entries: Image.Exif, tag: int) -> dict[int, Any]:
    """The directory that `tag` points at, without the entries that cannot be written."""
    try:
        found = entries.get_ifd(tag)
    except Exception:  # as above
        return {}
    return {sub: value for sub, value in found.items() if _writable(tag, {sub: value})}


def _writable(tag: int, value: Any) -> bool:
    """Whether EXIF with this entry can be written: cameras and editors leave values beside their own type's range."""
    alone = Image.Exif()
    alone[tag] = value
    try:
        return bool(alone.tobytes())
    except Exception:  # as above
        return False
