"""LiteRT files of a network with operators outside this toolkit's own table, made by onnx2tf."""

import os
import shutil
import tempfile
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageOps

from convert.foreign.onnx2tf import UNKNOWN, Stopped, made_file, run_onnx2tf
from convert.foreign.open import Foreign
from convert.metadata import write_tflite_metadata
from convert.runtimes.litert_file import LiteRTRuntime
from convert.sizes import round_up, size_text
from pix2phone.console import say
from pix2phone.errors import CheckFailed
from pix2phone.external.wrap import plain
from pix2phone.pictures import read_picture
from train.data.photos import builtin
from train.metrics import psnr

SAME = 40.0  # dB


@dataclass(frozen=True)
class Made:
    """The files written by onnx2tf in `folder`, and their only size (height, width), if they have one."""

    folder: Path
    size: tuple[int, int] | None


class LiteRTFiles:
    """The LiteRT files of a network: all made at the first request, in a folder that is deleted with this object.

    If sides cannot stay free, they are made for `size` (height, width), or for the network's only size.
    """

    def __init__(self, network: Foreign, size: tuple[int, int]) -> None:
        self.network, self.wanted = network, size
        self.scratch = tempfile.TemporaryDirectory(prefix="pix2phone-")

    def write(self, precision: str, metadata: dict[str, Any], path: Path) -> None:
        """Write the file of that `precision`, a key of NAMES: 1 x H x W x 3 float32 in [0, 1], in and out.

        It can be resized like LiteRT files of this toolkit, unless its metadata list its only size. Raises
        CheckFailed, naming a log, when onnx2tf cannot make it.
        """
        made = self._outcome
        if isinstance(made, CheckFailed):
            raise made
        shutil.copyfile(made_file(made.folder, precision), path)
        write_tflite_metadata(path, metadata | ({"sizes": [made.size]} if made.size else {}))

    @cached_property
    def _outcome(self) -> Made | CheckFailed:
        """The file made, with free sides if that passes, else for one size; or the error that all files fail with."""
        try:
            return self._free() or self._fixed()
        except Stopped as stop:
            kept = Path(tempfile.mkdtemp(prefix="pix2phone-")) / stop.log.name
            shutil.move(stop.log, kept)
            return CheckFailed(f"LiteRT: onnx2tf stopped at {stop.operator} ({stop.why}); all it said: {kept}")

    def _free(self) -> Made | None:
        if self.network.network.size:
            return None
        model, folder = plain(self.network.wrapped, None), Path(self.scratch.name) / "free"
        if any(node.op_type == "Shape" for node in model.graph.node):
            return None  # onnx2tf hangs on some, such as a picture resized to another's sides
        try:
            run_onnx2tf(model, folder)
        except Stopped as stop:
            if stop.why == UNKNOWN:  # other sizes would fail at the same place
                raise
            return None
        return Made(folder, None) if self._resizes(made_file(folder, "float32")) else None

    def _fixed(self) -> Made:
        (size,) = round_up([self.network.network.size or self.wanted], self.network.network.multiple)
        folder = Path(self.scratch.name) / "fixed"
        run_onnx2tf(plain(self.network.wrapped, size), folder)
        if not self.network.network.size:
            made = f"made for {size_text(size)} alone, {self.network.beyond}"
            say(f"LiteRT: onnx2tf cannot leave the size open; {made}")
        return Made(folder, size)

    def _resizes(self, file: Path) -> bool:
        """Whether the float32 file paints two sizes as the network does."""
        multiple = self.network.network.multiple
        trial = Path(shutil.copyfile(file, file.with_name("trial.tflite")))
        write_tflite_metadata(trial, {"multiple": multiple})
        photo = Image.fromarray(read_picture(builtin("train")[0]))
        step = multiple * -(-64 // multiple)
        try:
            runtime = LiteRTRuntime(trial, threads=os.cpu_count() or 1)
            pictures = [np.array(ImageOps.fit(photo, size)) for size in ((step, 2 * step), (3 * step, step))]
            return all(psnr(runtime(picture), self.network.reference(picture)) > SAME for picture in pictures)
        except (RuntimeError, ValueError):  # LiteRT's, for unsupported sizes; psnr's, for different shapes
            return False
