"""A decoded image as 8-bit sRGB laid over white, and back into its own colours and transparency.

Band by band, so that memory holds little beside a large picture and its result.
"""

import io
from collections.abc import Callable, Iterator

import numpy as np
from PIL import Image, ImageCms

BAND = 512  # rows
# Where greys come back from a profile further off than this many levels, 8 bits of it show as bands (linear light).
COARSE = 2
# White in greys of more than 8 bits: the first of these that the largest value does not exceed.
WHITES = (255, 4095, 65535)
UNSCALED = 32  # floating-point numbers below it are no levels of 8 or more bits
PHOTOMETRIC, WHITE_IS_ZERO = 262, 0  # of a TIFF

_SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))
_LAB = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB"))
_SPACES = {"GRAY": "L", "RGB ": "RGB", "CMYK": "CMYK", "Lab ": "LAB"}


def to_srgb(image: Image.Image, profile: bytes | None) -> tuple[np.ndarray, np.ndarray | None]:
    """The pixels, uint8 H x W x 3 in sRGB over white, and their alpha, uint8 H x W; None where all are opaque.

    An ICC `profile` is followed by relative colorimetric intent where it fits the pixels, else they are taken as sRGB.
    Greys of 16 and 32 bits are scaled from black at 0 to white at 255, 4095 or 65535, the first that holds the largest
    value, else at the largest value itself. In floating point the brightest hundredth is ignored, and a picture below
    2 has white at 1, one below 32 (HDR) at its own brightest value.
    """
    width, height = image.size
    white, mode = _white(image), _colour_mode(image.mode, profile)
    transform = _reading(mode, profile)
    # Pillow turns 8-bit greys of such a TIFF round by itself.
    negative = getattr(image, "tag_v2", {}).get(PHOTOMETRIC) == WHITE_IS_ZERO
    pixels = np.empty((height, width, 3), np.uint8)
    alpha = np.empty((height, width), np.uint8) if not white and image.has_transparency_data else None
    for rows in _bands(height):
        band = image.crop((0, rows.start, width, rows.stop))
        if white:
            band = _eight_bits(band, white, negative)
        if alpha is not None:
            band = band.convert("RGBA")
            alpha[rows] = np.asarray(band)[..., 3]
        band = band if band.mode == mode else band.convert(mode)
        pixels[rows] = np.asarray((transform(band) if transform else band).convert("RGB"))
        if alpha is not None:
            pixels[rows] = _over_white(pixels[rows], alpha[rows])
    return pixels, None if alpha is None or alpha.min() == 255 else alpha


def from_srgb(pixels: np.ndarray, alpha: np.ndarray | None, profile: bytes | None) -> Image.Image:
    """An image that looks like `pixels` (uint8 H x W x 3 sRGB), in the colours of `profile`.

    With `alpha` (uint8 H x W) it looks so over white. `profile` is one that `lasting_profile` gave.
    """
    if alpha is not None:
        pixels = pixels.copy()
        for rows in _bands(len(pixels)):
            pixels[rows] = _off_white(pixels[rows], alpha[rows])
    image = Image.fromarray(pixels)
    if profile:
        _transform(_SRGB, _opened(profile), "RGB").apply_in_place(image)
    if alpha is not None:
        image.putalpha(Image.fromarray(alpha))
    return image


def lasting_profile(mode: str, profile: bytes | None) -> bytes | None:
    """`profile` where a painting of an image of `mode` can be stored in it: RGB, whole, and fine enough in 8 bits."""
    reading = _reading("RGB", profile)
    if not profile or not reading or _colour_mode(mode, profile) != "RGB":
        return None
    greys = Image.fromarray(np.repeat(np.arange(256, dtype=np.uint8)[None, :, None], 3, axis=2))
    try:
        there = _transform(_SRGB, _opened(profile), "RGB").apply(greys)
    except ImageCms.PyCMSError:  # made for reading alone
        return None
    back = reading(there)
    off = np.abs(np.asarray(back).astype(int) - np.asarray(greys)).max()
    return profile if off <= COARSE else None


def _bands(height: int) -> Iterator[slice]:
    return (slice(top, min(top + BAND, height)) for top in range(0, height, BAND))


def _opened(profile: bytes) -> ImageCms.ImageCmsProfile:
    return ImageCms.ImageCmsProfile(io.BytesIO(profile))


def _transform(
    source: ImageCms.ImageCmsProfile, target: ImageCms.ImageCmsProfile, mode: str
) -> ImageCms.ImageCmsTransform:
    return ImageCms.buildTransform(source, target, mode, "RGB", ImageCms.Intent.RELATIVE_COLORIMETRIC)


def _colour_mode(mode: str, profile: bytes | None) -> str:
    """The 8-bit mode without alpha in which the colours of an image of `mode` are looked at."""
    if mode in ("CMYK", "LAB"):
        return mode
    grey = mode in ("1", "L", "LA", "La", "F") or mode.startswith("I")
    return "L" if grey and _space(profile) == "L" else "RGB"


def _space(profile: bytes | None) -> str | None:
    """The mode of the pixels that `profile` describes; None for none and for a broken one."""
    try:
        return _SPACES.get(_opened(profile).profile.xcolor_space) if profile else None
    except OSError:
        return None


def _reading(mode: str, profile: bytes | None) -> Callable[[Image.Image], Image.Image] | None:
    """The transform of an image of `mode` into sRGB by its profile; None where it has none that fits."""
    source = _opened(profile) if profile and _space(profile) == mode else _LAB if mode == "LAB" else None
    if source is None:
        return None
    try:
        return _transform(source, _SRGB, mode).apply
    except ImageCms.PyCMSError:  # opens, but lacks required tags
        return None


def _white(image: Image.Image) -> float | None:
    """The value of white in an image of more than 8 bits, None for one of 8."""
    if image.mode != "F" and not image.mode.startswith("I"):
        return None
    values = np.asarray(image)
    finite = values[np.isfinite(values)]
    largest = float(np.max(finite, initial=0))
    bright = float(np.percentile(finite, 99)) if image.mode == "F" and finite.size else largest
    if image.mode == "F" and bright < UNSCALED:
        return 1 if bright < 2 else bright
    return next((white for white in WHITES if bright <= white), largest)


def _eight_bits(image: Image.Image, white: float, negative: bool) -> Image.Image:
    values = np.nan_to_num(np.asarray(image, np.float64), nan=0, posinf=white, neginf=0)
    shares = np.clip(values / white, 0, 1)
    return Image.fromarray(((1 - shares if negative else shares) * 255 + 0.5).astype(np.uint8))


def _over_white(pixels: np.ndarray, alpha: np.ndarray) -> np.ndarray:
    share = alpha[..., None].astype(np.uint16)
    return ((pixels * share + 255 * (255 - share) + 127) // 255).astype(np.uint8)


def _off_white(pixels: np.ndarray, alpha: np.ndarray) -> np.ndarray:
    """The colours that give `pixels` when laid over white; where nothing shows, `pixels` themselves."""
    share = np.where(alpha, alpha, 255)[..., None].astype(np.int32)
    return np.clip(255 - ((255 - pixels.astype(np.int32)) * 255 + share // 2) // share, 0, 255).astype(np.uint8)
