"""A picture network that was made elsewhere, opened in its own runtime: layout, type, size, output."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from pix2phone.errors import UserError, first_line
from pix2phone.external.convention import LAYOUTS, Affine, Convention
from pix2phone.external.engine import NOTHING_SAID, Engine
from pix2phone.runtimes.session import Session, Shape

PICTURES = ("uint8", "float32", "float16")
MULTIPLE = 32  # free-size networks are padded to it: encoders with up to five halvings take such sides
TRIAL = 64  # pixels a side of the trial picture for a network of free size


@dataclass(frozen=True)
class Flags:
    """The flag of the command that opens a network, if it has one, and its remedy where a picture stops it."""

    file: str
    unpaintable: str = "export it with a free size"

    def line(self, path: Path, what: str) -> str:
        """One line that names the file."""
        return ": ".join([*([self.file] if self.file else []), str(path), what])


@dataclass(frozen=True)
class Opened:
    """A file in its runtime, and the convention `said` of it."""

    path: Path
    flags: Flags
    engine: Engine
    said: Convention = NOTHING_SAID

    @property
    def shape(self) -> Shape:
        """The input's, as far as the file says it."""
        return self.engine.shape

    @property
    def dtype(self) -> np.dtype:
        """The input's type."""
        return np.dtype(self.engine.dtype)

    def layout(self) -> str:
        """One of LAYOUTS. UserError when neither a flag nor the shape tells."""
        if self.said.layout:
            return self.said.layout
        axes = zip(LAYOUTS, (1, 3), strict=True)
        found = [layout for layout, axis in axes if len(self.shape) == 4 and self.shape[axis] == 3]
        if len(found) != 1:
            remedy = f"give {self.said.flag('layout')}, or export it with pictures of three channels"
            raise self.error(f"input shape {self.shape} does not tell the layout; {remedy}")
        return found[0]

    def fixed_size(self, layout: str) -> tuple[int, int] | None:
        """(height, width) where both are fixed. UserError for a shape that is no picture's."""
        if len(self.shape) != 4:
            raise self.error(f"input shape {self.shape} is no picture's; it must have four dimensions")
        sides = self.shape[2:] if layout == "nchw" else self.shape[1:3]
        fixed = [side for side in sides if isinstance(side, int) and side > 0]
        return (fixed[0], fixed[1]) if len(fixed) == 2 else None

    def check_shape(self) -> None:
        """UserError if the input's shape, as far as it is fixed, is not that of one picture in colour."""
        if len(self.shape) != 4:
            return  # none that says anything, or one that `fixed_size` refuses
        batch, *rest = self.shape
        if isinstance(batch, int) and batch > 1:
            raise self.error(f"takes {batch} pictures at once; export it with a batch of one")
        channels = {rest[0], rest[-1]}
        if 1 in channels and 3 not in channels:
            raise self.error("takes grey pictures, of one channel; it must take three, RGB")

    def error(self, what: str) -> UserError:
        """To raise: one line that names the file."""
        return UserError(self.flags.line(self.path, what))


@dataclass(frozen=True)
class Network:
    """An opened network: `layout` of LAYOUTS, `size` (height, width) where it is fixed, else its possible sides.

    `convention` is its value range and colour order; until that is found, the given part of it.
    """

    opened: Opened
    layout: str
    size: tuple[int, int] | None
    multiple: int = MULTIPLE
    convention: Convention = NOTHING_SAID

    def trial(self) -> np.ndarray:
        """A grey ramp from black to white in a size the network takes, uint8 H x W x 3."""
        free = TRIAL + -TRIAL % self.multiple
        height, width = self.size or (free, free)
        ramp = np.linspace(0, 255, width).astype(np.uint8)
        return np.tile(ramp[None, :, None], (height, 1, 3))

    def paint(self, photo: np.ndarray) -> np.ndarray:
        """uint8 H x W x 3 to the same. An output larger by one factor is scaled down (Lanczos).

        UserError when the network makes no picture of that size of it.
        """
        height, width = photo.shape[:2]
        bottom, right = (0, 0) if self.size else (-height % self.multiple, -width % self.multiple)
        padded = np.pad(photo, ((0, bottom), (0, right), (0, 0)), mode="symmetric")
        painted = np.rint(self.unit(self.call(padded)).clip(0, 1) * 255).astype(np.uint8)
        (high, wide), made = padded.shape[:2], painted.shape[:2]
        if made != (high, wide):
            if made < (high, wide) or made[0] * wide != made[1] * high:
                raise self.wrong_size(made, (high, wide))
            painted = np.array(Image.fromarray(painted).resize((wide, high), Image.Resampling.LANCZOS))
        return painted[:height, :width]

    def wrong_size(self, made: tuple[int, ...], given: tuple[int, ...]) -> UserError:
        """To raise: one line that says both sizes, each (height, width)."""
        what = f"makes {made[1]}x{made[0]} of {given[1]}x{given[0]}"
        return self.opened.error(f"{what}; its output must have its input's size")

    def call(self, photo: np.ndarray, said: Convention | None = None) -> np.ndarray:
        """The network's own values, H x W x 3 or H x W x 1, for a uint8 photo of a size it takes.

        `said` takes the place of its own convention. UserError when it takes none of that size, makes no picture of
        it, or one with values that are not finite.
        """
        said, opened = said or self.convention, self.opened
        size = f"{photo.shape[1]}x{photo.shape[0]}"
        image, nchw = _entered(photo, opened.dtype, said)[None], self.layout == "nchw"
        try:
            made = opened.engine(np.ascontiguousarray(image.transpose(0, 3, 1, 2) if nchw else image))
        except Exception as error:  # each runtime has its own
            remedy = f"see {opened.said.flag('layout')}, or {opened.flags.unpaintable}"
            raise opened.error(f"cannot paint {size} as {self.layout} ({first_line(error)}); {remedy}") from None
        painted = made[0].transpose(1, 2, 0) if nchw and made.ndim == 4 else made[0]
        if painted.ndim != 3 or painted.shape[2] not in (1, 3) or painted.dtype.kind not in "fu":
            what = f"{made.dtype} numbers of shape {made.shape} of a {size} {self.layout} picture"
            raise opened.error(f"makes {what}; it must make a picture of three channels, or a grey one; export it so")
        if not np.isfinite(painted).all():
            raise opened.error(f"makes infinities or no numbers; see {opened.said.flag('range')}, or export it again")
        return painted

    def unit(self, made: np.ndarray, said: Convention | None = None) -> np.ndarray:
        """The result of `call` as RGB, H x W x 3 float32 in about [0, 1]."""
        said = said or self.convention
        if made.dtype == np.uint8:
            picture = made.astype(np.float32) / 255
        else:
            picture = _apply(said.exit, made).astype(np.float32)
        picture = np.broadcast_to(picture, (*made.shape[:2], 3))
        return picture[..., ::-1] if said.bgr else picture


def _entered(photo: np.ndarray, dtype: np.dtype, said: Convention) -> np.ndarray:
    image = photo[..., ::-1] if said.bgr else photo
    return image if dtype == np.uint8 else _apply(said.entry, image / 255).astype(dtype)


def _apply(affine: Affine, values: np.ndarray) -> np.ndarray:
    scale, shift = np.array(affine)
    return values * scale + shift


def open_file(
    path: Path,
    flags: Flags,
    opener: Callable[[Path], Session],
    said: Convention = NOTHING_SAID,
    dtypes: tuple[str, ...] = PICTURES,
) -> Opened:
    """The network at `path` in the session that `opener` gives, with the convention `said` of it.

    UserError when that cannot read it, for a type not among `dtypes`, for inputs and outputs that `said` leaves open,
    and for networks that take anything but one picture in colour.
    """
    try:
        engine = Engine(opener(path), said)
    except UserError as error:
        raise UserError(flags.line(path, str(error))) from None
    except Exception as error:  # each runtime has its own exceptions for a broken file
        raise UserError(flags.line(path, f"unreadable model ({first_line(error)}); export it again")) from None
    opened = Opened(path, flags, engine, said)
    if engine.dtype not in dtypes:
        raise opened.error(f"takes {engine.dtype}; export it with float or uint8 pictures in and out")
    opened.check_shape()
    return opened
