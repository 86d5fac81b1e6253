"""A picture network that was made elsewhere, opened in its own runtime: its layout, type, range and size."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from pix2phone.console import say
from pix2phone.errors import UserError
from train.styles.choice import LAYOUTS, RANGES
from train.styles.engines import Engine, Shape, Unusable

PICTURES = ("uint8", "float32", "float16")
MULTIPLE = 32  # free-size networks are padded to it: encoders with up to five halvings take such sides
TRIAL = 64  # pixels a side of the picture that shows what a network of free size does


@dataclass(frozen=True)
class Flags:
    """What the command that opens a network calls its flags, for the remedies in errors."""

    file: str
    range: str
    layout: str | None = None
    unpaintable: str = "export it with a free size"  # the remedy where a network stops at a picture


@dataclass(frozen=True)
class Opened:
    """A file in its runtime."""

    path: Path
    flags: Flags
    engine: Engine

    @property
    def shape(self) -> Shape:
        """The input's, as far as the file says it."""
        return self.engine.shape

    @property
    def kind(self) -> np.dtype:
        """The input's type."""
        return np.dtype(self.engine.kind)

    def layout(self) -> str:
        """One of LAYOUTS. UserError when the shape does not tell."""
        axes = zip(LAYOUTS, (1, 3), strict=True)
        found = [layout for layout, axis in axes if len(self.shape) == 4 and self.shape[axis] == 3]
        if len(found) != 1:
            remedy = f"give {self.flags.layout}" if self.flags.layout else "export it with pictures of three channels"
            raise self.error(f"input shape {self.shape} does not tell the layout; {remedy}")
        return found[0]

    def fixed_size(self, layout: str) -> tuple[int, int] | None:
        """(height, width) where both are fixed. UserError for a shape that is no picture's."""
        if len(self.shape) != 4:
            raise self.error(f"input shape {self.shape} is no picture's; it must have four dimensions")
        sides = self.shape[2:] if layout == "nchw" else self.shape[1:3]
        fixed = [side for side in sides if isinstance(side, int) and side > 0]
        return (fixed[0], fixed[1]) if len(fixed) == 2 else None

    def error(self, what: str) -> UserError:
        """To raise: one line that names the file."""
        return UserError(f"{self.flags.file}: {self.path}: {what}")


@dataclass(frozen=True)
class Network:
    """An opened network: `layout` of LAYOUTS, `size` (height, width) where it is fixed, else what sides it takes."""

    opened: Opened
    layout: str
    size: tuple[int, int] | None
    multiple: int = MULTIPLE

    def trial(self) -> np.ndarray:
        """A grey ramp from black to white in a size the network takes, uint8 H x W x 3."""
        free = TRIAL + -TRIAL % self.multiple
        height, width = self.size or (free, free)
        ramp = np.linspace(0, 255, width).astype(np.uint8)
        return np.tile(ramp[None, :, None], (height, 1, 3))

    def guess_range(self) -> str:
        """uint8 is 0..255. A float network shows its range in what it makes of a picture that holds black and white."""
        if self.opened.kind == np.uint8:
            return "0..255"
        seen = self.call(self.trial(), RANGES["-1..1"])
        guess = "0..255" if np.abs(seen).max() > 2 else "-1..1" if seen.min() < -0.1 else "0..1"
        flags, facts = self.opened.flags, f"{self.layout}, {self.opened.kind}, range {guess}"
        say(f"{flags.file.strip('-')} {self.opened.path}: {facts} (judged by its output; {flags.range} overrules)")
        return guess

    def paint(self, photo: np.ndarray, value_range: tuple[float, float]) -> np.ndarray:
        """uint8 H x W x 3 to the same. UserError when the network makes no picture of that size of it."""
        height, width = photo.shape[:2]
        bottom, right = (0, 0) if self.size else (-height % self.multiple, -width % self.multiple)
        painted = self.call(np.pad(photo, ((0, bottom), (0, right), (0, 0)), mode="symmetric"), value_range)
        if painted.shape[0] < height or painted.shape[1] < width:
            made = f"{painted.shape[1]}x{painted.shape[0]}"
            raise self.opened.error(f"makes {made} of {width}x{height}; its output must have its input's size")
        if painted.dtype != np.uint8:
            low, high = value_range
            painted = np.rint(np.clip((painted.astype(np.float32) - low) / (high - low), 0, 1) * 255).astype(np.uint8)
        return painted[:height, :width]

    def call(self, photo: np.ndarray, value_range: tuple[float, float]) -> np.ndarray:
        """The network's own values, H x W x 3, for a uint8 photo of a size it takes.

        UserError when it takes none of that size, makes no picture of it, or one with values that are not finite.
        """
        low, high = value_range
        kind, flags = self.opened.kind, self.opened.flags
        image = photo[None] if kind == np.uint8 else (photo[None] / 255 * (high - low) + low).astype(kind)
        size = f"{photo.shape[1]}x{photo.shape[0]}"
        try:
            nchw = self.layout == "nchw"
            made = self.opened.engine(np.ascontiguousarray(image.transpose(0, 3, 1, 2)) if nchw else image)
        except Exception as error:  # each runtime has its own
            remedy = f"see {flags.layout}, or {flags.unpaintable}" if flags.layout else flags.unpaintable
            raise self.opened.error(f"cannot paint {size} as {self.layout} ({reason(error)}); {remedy}") from None
        painted = made[0].transpose(1, 2, 0) if self.layout == "nchw" and made.ndim == 4 else made[0]
        if painted.ndim != 3 or painted.shape[2] != 3 or painted.dtype.kind not in "fu":
            what = f"{made.dtype} numbers of shape {made.shape} of a {size} {self.layout} picture"
            raise self.opened.error(f"makes {what}; it must make a picture of three channels; export it so")
        if not np.isfinite(painted).all():
            raise self.opened.error(f"makes infinities or no numbers; see {flags.range}, or export it again")
        return painted


def open_file(path: Path, flags: Flags, runtime: Callable[[Path], Engine], kinds: tuple[str, ...] = PICTURES) -> Opened:
    """The network at `path` in `runtime`. UserError when that cannot read it, or for a type not among `kinds`."""
    try:
        engine = runtime(path)
    except Unusable as error:
        raise UserError(f"{flags.file}: {path}: {error}") from None
    except Exception as error:  # each runtime has its own exceptions for a broken file
        raise UserError(f"{flags.file}: {path}: unreadable model ({reason(error)}); export it again") from None
    if engine.kind not in kinds:
        raise UserError(f"{flags.file}: {path}: takes {engine.kind}; export it with float or uint8 pictures in and out")
    return Opened(path, flags, engine)


def reason(error: Exception) -> str:
    """The first line of what a runtime says."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
