"""Systems that go wrong in their own ways; opened in a child process by the benchmarks."""

import os
import signal
import time
from typing import ClassVar

import numpy as np

from convert.runtimes.base import Runtime


class Fine(Runtime):
    """The picture as it is."""

    name = "fine"
    multiple = 1
    held: ClassVar[list[np.ndarray]] = []

    def __init__(self, threads: int) -> None:
        self.turns = 0

    def load(self, picture: np.ndarray) -> None:
        self.picture = picture

    def invoke(self) -> None:
        self.turns += 1
        time.sleep(0.002)

    def raw(self) -> np.ndarray:
        return self.picture


class Nan(Fine):
    """NaN from the third turn on."""

    def raw(self) -> np.ndarray:
        return np.full(self.picture.shape, np.nan if self.turns > 2 else 0.5, np.float32)


class Dies(Fine):
    """Dies of a segmentation fault at its fourth turn."""

    def invoke(self) -> None:
        super().invoke()
        if self.turns == 4:
            os.kill(os.getpid(), signal.SIGSEGV)


class Silent(Fine):
    """Never comes back."""

    def invoke(self) -> None:
        time.sleep(60)


class Large(Fine):
    """Holds 300 MB at its first turn only."""

    def invoke(self) -> None:
        super().invoke()
        if self.turns == 1:
            np.ones(300_000_000, np.uint8).sum()


class Raises(Fine):
    """Complains at its second turn."""

    def invoke(self) -> None:
        super().invoke()
        if self.turns == 2:
            raise RuntimeError("no kernel for this\nand a long tale")


class Quits(Fine):
    """Leaves while it is opened."""

    def __init__(self, threads: int) -> None:
        os._exit(7)
