"""The interface of every artefact in its runtime: 8-bit pictures in and out, any size."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import numpy as np

from convert.runtimes import memory, tiles
from pix2phone.errors import UserError

WHOLE = 1920 * 1088  # pixels: larger pictures are painted by tiles
LARGEST_SIDE = 4096  # pixels: likewise; the longest side of a flexible Core ML package
TILE = 1024  # pixels a side at most, or the next multiple of the network's grid


class NotRun(UserError):
    """This machine has no runtime for the file, with the `reason`: neither passed nor failed."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"{path}: not run ({reason})")
        self.reason = reason


class Runtime(ABC):
    """One artefact in its own runtime. `load`, `invoke` and `raw` are separate so that `invoke` alone can be timed."""

    name: str
    verdict = "passed"  # of a file that agrees with its network here
    overflow = ""  # the operator that overflowed its type in the last picture, if known
    multiple: int  # `load` requires sides that are multiples of it; 1: any
    sizes: Sequence[tuple[int, int]] = ()  # (height, width), small ones first, of a file limited to these
    grid = 32  # pixels: tiles begin at multiples of it; default for files without an entry
    receptive_field = 64  # pixels from a cut that tiles leave out; likewise, and enough for every local network here
    tiling = "local"  # or "global", of a network that depends on the whole picture: it is never painted by tiles

    @abstractmethod
    def load(self, picture: np.ndarray) -> None:
        """Put uint8 H x W x 3, sides multiples of `multiple`, into the network's input."""

    @abstractmethod
    def invoke(self) -> None:
        """Run the network on the loaded picture, and nothing else."""

    @abstractmethod
    def raw(self) -> np.ndarray:
        """The network's own output as H x W x 3: float32 in about [0, 1], or uint8."""

    def convolutions(self, picture: np.ndarray) -> list[tuple[str, np.ndarray]]:
        """Every convolution's name and output on uint8 H x W x 3, in order: float32 h x w x C, after a fused relu."""
        raise NotImplementedError

    def read(self) -> np.ndarray:
        """The painted picture, uint8 H x W x 3 with the loaded sides; NaN becomes black."""
        raw = self.raw()
        if raw.dtype == np.uint8:
            return raw
        return np.rint(np.nan_to_num(raw, nan=0.0).clip(0, 1) * 255).astype(np.uint8)

    def padded(self, height: int, width: int) -> tuple[int, int]:
        """The padded sides for a picture of `height` x `width`; UserError if it is larger than all sizes."""
        if not self.sizes:
            return height + -height % self.multiple, width + -width % self.multiple
        for size in self.sizes:
            if size[0] >= height and size[1] >= width:
                return size
        largest = "x".join(map(str, self.sizes[-1]))
        what = f"picture of {height}x{width}: larger than {largest}, the file's largest size"
        if self.tiling == "global":
            why = "its network looks at the whole picture, which tiles cannot show it"
            raise UserError(f"{what}, and {why}; shrink it, or take a file of free size: --target onnx")
        raise UserError(f"{what}; shrink it")

    def take(self, metadata: dict[str, Any]) -> None:
        """Set sizes and tiles from the file's own metadata; older ones lack tiling and receptive field."""
        self.multiple = self.grid = metadata["multiple"]
        self.receptive_field = metadata.get("reach", self.receptive_field)
        self.tiling = metadata.get("tiling", self.tiling)
        self.sizes = sorted(((height, width) for height, width in metadata.get("sizes", ())), key=np.prod)

    def plan(self, height: int, width: int) -> tiles.TilePlan | None:
        """The tiles by which a picture of that size is painted; None: in one piece.

        Pictures larger than all listed sizes use the size with the fewest pixels to compute, among
        those whose tiles overlap by twice the receptive field, if there are any. UserError for a network that
        depends on the whole picture and would need tiles.
        """
        if self.tiling == "global":
            self.padded(height, width)
            return None
        if self.sizes:
            if any(size[0] >= height and size[1] >= width for size in self.sizes):
                return None
            enough = [size for size in self.sizes if tiles.overlap_enough(size, self.receptive_field, self.grid)]
            plans = [tiles.plan(height, width, size, self.receptive_field, self.grid) for size in enough or self.sizes]
            return min(plans, key=lambda plan: plan.total * plan.sides[0] * plan.sides[1])
        if height * width <= WHOLE and max(height, width) <= LARGEST_SIDE:
            return None
        return tiles.even_plan(height, width, TILE + -TILE % self.grid, self.receptive_field, self.grid)

    def __call__(self, picture: np.ndarray) -> np.ndarray:
        """Paint uint8 H x W x 3 of any size; the result has the same size."""
        size = picture.shape[:2]
        if plan := self.plan(*size):
            return tiles.paint_tiles(lambda tile: self._paint(tile, plan.sides), picture, plan)
        with memory.bounded(*size) if size[0] * size[1] > WHOLE else nullcontext():
            return self._paint(picture, self.padded(*size))

    def _paint(self, picture: np.ndarray, sides: tuple[int, int]) -> np.ndarray:
        """Paint it in one piece, padded to `sides` in between."""
        height, width = picture.shape[:2]
        self.load(pad(picture, *sides))
        self.invoke()
        return self.read()[:height, :width]


def pad(picture: np.ndarray, height: int, width: int) -> np.ndarray:
    """The rule of `train.models.generator.pad_to_multiple` in numpy, so that a LiteRT file needs no torch to run."""
    bottom, right = height - picture.shape[0], width - picture.shape[1]
    if not (bottom or right):
        return picture
    mode = "reflect" if bottom < picture.shape[0] and right < picture.shape[1] else "edge"
    return np.pad(picture, ((0, bottom), (0, right), (0, 0)), mode=mode)  # type: ignore[call-overload]
