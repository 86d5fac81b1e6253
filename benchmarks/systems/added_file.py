"""A file named by --system: run in its own layout, type and size, and only timed."""

from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from convert.metadata import read_tflite_metadata
from convert.runtimes.base import Runtime
from pix2phone.errors import UserError
from pix2phone.external.convention import Convention
from pix2phone.external.formats import TORCHSCRIPT
from pix2phone.external.network import PICTURES, Flags, Network, Opened, open_file
from pix2phone.external.sizes import find_sizes
from pix2phone.runtimes.litert_session import LiteRTSession
from pix2phone.runtimes.onnx_session import OnnxSession
from pix2phone.runtimes.session import Session

NAMES = {".onnx": "onnxruntime", ".tflite": "LiteRT"} | dict.fromkeys(TORCHSCRIPT, "TorchScript")
FLAGS = Flags("--system")
# Value ranges do not affect the time; a network with several inputs must first be reduced to one picture input.
SAID = Convention(prefix="python -m convert --from NETWORK --")


class AddedFile(Runtime):
    """A picture network N x 3 x H x W or N x H x W x 3 with any output; fed [0, 1], or bytes if its input is bytes.

    UserError for a file that its runtime cannot read, or whose input is not a picture.
    """

    def __init__(self, path: Path, threads: int) -> None:
        suffix = path.suffix.lower()
        self.name = NAMES[suffix]
        opened = open_file(path, FLAGS, partial(_opener(suffix), threads=threads), SAID, (*PICTURES, "int8"))
        self.engine = opened.engine
        told = any(isinstance(side, int) for side in opened.shape[1::2])
        layout = opened.layout() if told else "nchw"
        self.channels_last = layout == "nhwc"
        self.take(_sizes(opened, layout))
        if suffix == ".tflite":
            with suppress(UserError):  # files of this toolkit can be resized, whatever their shape says
                self.take(read_tflite_metadata(path))

    def padded(self, height: int, width: int) -> tuple[int, int]:
        """Refuse other sizes for a file of one size: its time would be reported under the wrong size."""
        if self.sizes and (height, width) not in self.sizes:
            raise UserError(f"it takes only {', '.join(f'{high}x{wide}' for high, wide in self.sizes)}")
        return super().padded(height, width)

    def load(self, picture: np.ndarray) -> None:
        image = picture[None] if self.channels_last else picture.transpose(2, 0, 1)[None]
        kind = self.engine.dtype
        numbers = image if kind == "uint8" else image // 2 if kind == "int8" else image / 255
        self.engine.feed(np.ascontiguousarray(numbers, kind))

    def invoke(self) -> None:
        self.engine.run()

    def raw(self) -> np.ndarray:
        made = self.engine.read()[0]
        return made if self.channels_last or made.ndim != 3 else made.transpose(1, 2, 0)


def _sizes(opened: Opened, layout: str) -> dict[str, Any]:
    """The multiple of its sides and its only size, measured if it returns pictures, else as given by its file."""
    try:
        network = find_sizes(opened, layout)
    except UserError:  # timed all the same
        network = Network(opened, layout, opened.fixed_size(layout) if opened.shape else None)
    return {"multiple": network.multiple, "sizes": [network.size] if network.size else []}


def _opener(suffix: str) -> Callable[..., Session]:
    if suffix in TORCHSCRIPT:  # so that only those processes load torch
        from pix2phone.external.torchscript import torchscript_session

        return torchscript_session
    return OnnxSession if suffix == ".onnx" else LiteRTSession
