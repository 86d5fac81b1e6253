"""The one face of every made file: 8-bit pictures in and out, any size."""

from abc import ABC, abstractmethod
from pathlib import Path

import numpy as np

from pix2phone.errors import UserError


class NotRun(UserError):
    """This machine has no runtime for the file, for the `reason`: neither passed nor failed."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"{path}: not run ({reason})")
        self.reason = reason


class Runtime(ABC):
    """One made file in its own runtime. `load`, `invoke` and `raw` are separate so that `invoke` alone can be timed."""

    name: str
    evaluated = False  # whether this project computes in place of the file's own runtime, which the machine lacks
    multiple: int  # the sides that `load` takes are multiples of it; 1: any

    @abstractmethod
    def load(self, picture: np.ndarray) -> None:
        """Put uint8 H x W x 3, sides multiples of `multiple`, into the network's input."""

    @abstractmethod
    def invoke(self) -> None:
        """Run the network on what was loaded, and nothing else."""

    @abstractmethod
    def raw(self) -> np.ndarray:
        """The network's own output as H x W x 3: float32 in about [0, 1], or uint8."""

    def read(self) -> np.ndarray:
        """The painted picture, uint8 H x W x 3 with the sides that were loaded; NaN becomes black."""
        raw = self.raw()
        if raw.dtype == np.uint8:
            return raw
        return np.rint(np.nan_to_num(raw, nan=0.0).clip(0, 1) * 255).astype(np.uint8)

    def padded(self, height: int, width: int) -> tuple[int, int]:
        """The sides to which a picture of `height` x `width` has to be padded."""
        return height + -height % self.multiple, width + -width % self.multiple

    def __call__(self, picture: np.ndarray) -> np.ndarray:
        """Paint uint8 H x W x 3 of any size; the result has the same size."""
        height, width = picture.shape[:2]
        self.load(pad(picture, *self.padded(height, width)))
        self.invoke()
        return self.read()[:height, :width]


def pad(picture: np.ndarray, height: int, width: int) -> np.ndarray:
    """The rule of `train.models.contract.pad_to_multiple` in numpy, so that a LiteRT file needs no torch to run."""
    bottom, right = height - picture.shape[0], width - picture.shape[1]
    if not (bottom or right):
        return picture
    mode = "reflect" if bottom < picture.shape[0] and right < picture.shape[1] else "edge"
    return np.pad(picture, ((0, bottom), (0, right), (0, 0)), mode=mode)  # type: ignore[call-overload]
