"""LiteRT files of a network that our own table of operators does not know, by onnx2tf in a process of its own."""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import IO, Any

import numpy as np
import onnx
from PIL import Image, ImageOps

from convert.foreign.open import Foreign
from convert.foreign.wrap import plain
from convert.metadata import write_tflite_metadata
from convert.runtimes.litert_file import LiteRTRuntime
from convert.sizes import round_up
from pix2phone.console import progress
from pix2phone.errors import CheckFailed
from pix2phone.pictures import read_picture
from train.data.photos import builtin
from train.metrics import psnr

NAMES = {"float32": "float32", "float16": "float16", "dynamic": "dynamic_range_quant"}  # ours, onnx2tf's
SAMPLE = "calibration_image_sample_data_20x128x128x3_float32.npy"  # it fetches one from the web if this is missing
REPAIRS = "repairs.json"  # none; without such a file it looks for some when it fails, for a minute, and only lists them
SAME = 40.0  # dB
COLOUR = re.compile(r"\x1b\[[0-9;]*m")
STEP = re.compile(r"INFO: (\d+) / (\d+)")
OPERATOR = re.compile(r"onnx_op_type: (\S+) onnx_op_name: (\S*)")
MISSING = re.compile(r"No module named 'onnx2tf\.ops\.(\w+)'")
UNKNOWN = "it does not know it"


@dataclass(frozen=True)
class Made:
    """The files that onnx2tf left in `folder`, and the one size (height, width) that they take if they take but one."""

    folder: Path
    size: tuple[int, int] | None


class Stopped(Exception):
    """onnx2tf made nothing: at which operator it stopped, why, and all that it said."""

    def __init__(self, operator: str, why: str, log: Path) -> None:
        super().__init__(operator, why, log)
        self.operator, self.why, self.log = operator, why, log


class LiteRTFiles:
    """The LiteRT files of a network: made all at once, when the first is asked for, in a folder that goes with this.

    Where sides cannot stay free they are made for `size` (height, width), or for the one that the network takes.
    """

    def __init__(self, network: Foreign, size: tuple[int, int]) -> None:
        self.network, self.wanted = network, size
        self.scratch = tempfile.TemporaryDirectory(prefix="pix2phone-")

    def write(self, precision: str, facts: dict[str, Any], path: Path) -> None:
        """Write the file of that `precision`, a key of NAMES: 1 x H x W x 3 float32 in [0, 1], in and out.

        It can be resized as LiteRT files of our own can, unless its facts list the one size that it takes. Raises
        CheckFailed, naming a log, when onnx2tf cannot make it.
        """
        made = self._outcome
        if isinstance(made, CheckFailed):
            raise made
        shutil.copyfile(_file(made.folder, precision), path)
        write_tflite_metadata(path, facts | ({"sizes": [made.size]} if made.size else {}))

    @cached_property
    def _outcome(self) -> Made | CheckFailed:
        """What was made, with free sides if that comes out right, else for one size; or what all files fail with."""
        try:
            return self._free() or self._fixed()
        except Stopped as stop:
            kept = Path(tempfile.mkdtemp(prefix="pix2phone-")) / stop.log.name
            shutil.move(stop.log, kept)
            return CheckFailed(f"LiteRT: onnx2tf stopped at {stop.operator} ({stop.why}); all it said: {kept}")

    def _free(self) -> Made | None:
        if self.network.network.size:
            return None
        folder = Path(self.scratch.name) / "free"
        try:
            _run_onnx2tf(plain(self.network.wrapped, None), folder)
        except Stopped as stop:
            if stop.why == UNKNOWN:  # at no size it would go further
                raise
            return None
        return Made(folder, None) if self._resizes(_file(folder, "float32")) else None

    def _fixed(self) -> Made:
        (size,) = round_up([self.network.network.size or self.wanted], self.network.network.multiple)
        folder = Path(self.scratch.name) / "fixed"
        _run_onnx2tf(plain(self.network.wrapped, size), folder)
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
        except (RuntimeError, ValueError):  # LiteRT's, of sizes that do not fit; psnr's, of shapes that differ
            return False


def _file(folder: Path, precision: str) -> Path:
    return folder / "out" / f"net_{NAMES[precision]}.tflite"


def _run_onnx2tf(model: onnx.ModelProto, folder: Path) -> None:
    """Convert `model` into `folder`/out, in a process of its own that cannot take this one with it."""
    folder.mkdir()
    onnx.save(model, folder / "net.onnx")
    np.save(folder / SAMPLE, _sample())
    (folder / REPAIRS).write_text('{"format_version": 1, "operations": []}')
    words = [
        sys.executable,
        "-m",
        "onnx2tf",
        "-i",
        "net.onnx",
        "-o",
        "out",
        "--not_use_onnxsim",
        "-odrqt",
        "-prf",
        REPAIRS,
    ]
    pipe = subprocess.Popen(
        words, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace"
    )
    log = folder / "onnx2tf.log"
    with log.open("w") as written, pipe as process:
        try:
            operator, last = _follow(process.stdout or (), written)
        except BaseException:
            process.kill()
            raise
    if process.returncode or not _file(folder, "float32").exists():
        raise Stopped(operator, last or f"exit code {process.returncode}", log)


def _follow(lines: Iterable[str], log: IO[str]) -> tuple[str, str]:
    """Log what onnx2tf says, under a progress bar; the operator that it was at in the end, and its last words."""
    operator, last = "its start", ""
    with progress("onnx2tf", 1.0) as update:
        for line in lines:
            line = COLOUR.sub("", line).strip()
            log.write(line + "\n")
            last = line or last
            if found := OPERATOR.search(line):
                operator = found[1]
            elif found := STEP.search(line):
                update(int(found[1]) / int(found[2]), operator)
    missing = MISSING.search(last)
    return (missing[1], UNKNOWN) if missing else (operator, last)


def _sample() -> np.ndarray:
    """20 built-in photos, 128 x 128 x 3 float32 in [0, 1]."""
    photos = [ImageOps.fit(Image.fromarray(read_picture(path)), (128, 128)) for path in builtin("train")[:20]]
    return np.stack([np.asarray(photo, np.float32) / 255 for photo in photos])
