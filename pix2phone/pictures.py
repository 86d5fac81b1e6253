"""Pictures at the border: files of any kind to uint8 H x W x 3 sRGB arrays and back, and folders of them."""

import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pi_heif
from PIL import Image

from pix2phone.artefacts import replacing
from pix2phone.colour import from_srgb, lasting_profile, to_srgb
from pix2phone.console import say
from pix2phone.errors import UserError
from pix2phone.kept import HOLD_ALPHA, JPEG, Kept, exif_told, orientation, resolution
from pix2phone.limits import MEGABYTES_EACH, MOST_MEGAPIXELS

Item = TypeVar("Item")
HEIC = (".heic", ".heif", ".hif")
WRITTEN = (*JPEG, ".png", ".webp", ".bmp", ".tif", ".tiff")
SUFFIXES = (*WRITTEN, *HEIC, ".avif", ".gif", ".jp2", ".pbm", ".pgm", ".pnm", ".ppm", ".tga")
_TURNS = {  # orientation: (swap the axes, then turn rows round, and columns)
    2: (False, 1, -1),
    3: (False, -1, -1),
    4: (False, -1, 1),
    5: (True, 1, 1),
    6: (True, 1, -1),
    7: (True, -1, -1),
    8: (True, -1, 1),
}

pi_heif.register_heif_opener()
Image.MAX_IMAGE_PIXELS = None  # the limit here is `MOST_MEGAPIXELS`


def read_picture(path: Path) -> np.ndarray:
    """Decode a picture file as uint8 H x W x 3 sRGB, turned as its EXIF orientation says, transparency over white.

    Colour profiles are followed and deep greys scaled as `pix2phone.colour.to_srgb` says. Of a file that moves, the
    first picture. Raises UserError for a missing, unreadable, truncated or too large file.
    """
    return read_whole(path)[0]


def read_whole(path: Path, megapixels: float = MOST_MEGAPIXELS) -> tuple[np.ndarray, Kept]:
    """The result of `read_picture`, and the metadata for its painting. At most `megapixels`."""
    try:
        pixels, kept, held = _decoded(path, megapixels)
    except UserError:
        raise
    except FileNotFoundError:
        raise UserError(f"{path}: no such picture; check the path") from None
    except Exception as error:  # decoders raise whatever broken bytes lead them to; no file may end a batch
        raise UserError(f"{path}: unreadable or truncated picture ({_line(error)}); replace or remove it") from None
    if kept.alpha is not None:
        kept = replace(kept, alpha=_upright(kept.alpha, held))
    return _upright(pixels, held), kept


def _decoded(path: Path, megapixels: float) -> tuple[np.ndarray, Kept, int]:
    """The pixels as they are stored, the metadata, and the camera's orientation."""
    with Image.open(path) as image:
        _check_size(path, image, megapixels)
        image.load()
        profile = image.info.get("icc_profile")
        pixels, alpha = to_srgb(image, profile)
        kept = Kept(alpha, lasting_profile(image.mode, profile), exif_told(image), resolution(image))
        return pixels, kept, orientation(image)


def write_picture(path: Path, picture: np.ndarray, kept: Kept | None = None) -> None:
    """Write uint8 H x W x 3 sRGB; the suffix says the format, JPEG at quality 95 without colour subsampling.

    With `kept`, in the profile, with the EXIF, the resolution and, where the format holds it, the alpha of a photo.
    Raises UserError for an unknown suffix, or a picture that is larger than its format allows.
    """
    suffix = path.suffix.lower()
    if suffix not in WRITTEN:
        raise UserError(f"{path}: unknown picture format {path.suffix!r}; use one of {', '.join(WRITTEN)}")
    kept = kept or Kept()
    image = from_srgb(picture, kept.alpha if suffix in HOLD_ALPHA else None, kept.profile)
    options: dict[str, Any] = {"quality": 95, "subsampling": 0} if suffix in JPEG else {}
    with replacing(path) as temporary:
        try:
            image.save(temporary, **options, **kept.options(path))
        except (OSError, ValueError) as error:
            if isinstance(error, OSError) and error.errno:
                raise
            raise UserError(f"{path}: {image.width}x{image.height} cannot be written ({_line(error)})") from None


def _check_size(path: Path, image: Image.Image, most: float) -> None:
    megapixels = image.width * image.height / 1e6
    if not megapixels <= most:  # nor where the limit is no number
        raise UserError(
            f"{path}: {image.width}x{image.height} are {megapixels:.4g} megapixels, the limit is {most:g}; make it "
            f"smaller, or raise --max-megapixels of convert.run (each takes {MEGABYTES_EACH} MB of memory)"
        )


def _upright(pixels: np.ndarray, held: int) -> np.ndarray:
    if held not in _TURNS:
        return pixels
    swap, down, across = _TURNS[held]
    return np.ascontiguousarray((pixels.swapaxes(0, 1) if swap else pixels)[::down, ::across])


def _line(error: Exception) -> str:
    said = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return " ".join(said.split()) or type(error).__name__


def list_pictures(folder: Path) -> list[Path]:
    """The pictures directly in `folder`, by name; other files, unless hidden, are counted in one printed line.

    UserError when it is no folder or holds none.
    """
    if not folder.is_dir():
        raise UserError(f"{folder}: no such folder; name a folder of pictures")
    seen = [path for path in folder.iterdir() if not path.name.startswith(".")]
    found = sorted(path for path in seen if path.suffix.lower() in SUFFIXES and not path.is_dir())
    skipped = _skipped(set(seen) - set(found))
    if not found:
        has = f" ({skipped})" if skipped else ""
        raise UserError(f"{folder}: no pictures in it{has}; put {', '.join(SUFFIXES)} files there")
    if skipped:
        _say_once(f"{folder}: skipped {skipped}")
    return found


def _skipped(paths: set[Path]) -> str:
    """The count and the kinds, the most frequent first: "3: 2 .mov, 1 folder"."""
    kinds = Counter("folder" if path.is_dir() else path.suffix.lower() or "without ending" for path in sorted(paths))
    named = (f"{count} {kind}{'s' if kind == 'folder' and count > 1 else ''}" for kind, count in kinds.most_common())
    return f"{len(paths)}: {', '.join(named)}" if paths else ""


@cache
def _say_once(line: str) -> None:
    """A folder is listed for each part of the data, and would be reported as often."""
    say(line)


def name_key(path: Path) -> str:
    """The key of two files that belong together: the name without suffix, composed (NFC), in one case.

    macOS and some archives decompose accents, so that one name may be spelled in two ways on one disk.
    """
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", path.stem).casefold())


def spread(items: Sequence[Item], most: int) -> list[Item]:
    """At most `most` of `items` (photos, pairs), evenly spread over all of them, in their order."""
    count = min(len(items), most)
    return [items[index * len(items) // count] for index in range(count)]


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
