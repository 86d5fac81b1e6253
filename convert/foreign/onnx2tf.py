"""onnx2tf, which converts ONNX to LiteRT, in a separate process."""

import re
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import IO

import numpy as np
import onnx
from PIL import Image, ImageOps

from pix2phone.console import progress
from pix2phone.pictures import read_picture
from train.data.photos import builtin

NAMES = {"float32": "float32", "float16": "float16", "dynamic": "dynamic_range_quant"}  # this toolkit's, onnx2tf's
SAMPLE = "calibration_image_sample_data_20x128x128x3_float32.npy"  # it downloads one if this is missing
REPAIRS = "repairs.json"  # empty; without this file it searches for some after a failure, for a minute
COLOUR = re.compile(r"\x1b\[[0-9;]*m")
STEP = re.compile(r"INFO: (\d+) / (\d+)")
OPERATOR = re.compile(r"onnx_op_type: (\S+) onnx_op_name: (\S*)")
MISSING = re.compile(r"No module named 'onnx2tf\.ops\.(\w+)'")
ERROR = re.compile(r"\w+Error: ")
UNKNOWN = "it does not know it"


class Stopped(Exception):
    """onnx2tf failed: the operator, the reason, and its whole output."""

    def __init__(self, operator: str, why: str, log: Path) -> None:
        super().__init__(operator, why, log)
        self.operator, self.why, self.log = operator, why, log


def made_file(folder: Path, precision: str) -> Path:
    """Path of the file of that `precision`, a key of NAMES, written by `run_onnx2tf`."""
    return folder / "out" / f"net_{NAMES[precision]}.tflite"


def run_onnx2tf(model: onnx.ModelProto, folder: Path) -> None:
    """Convert `model` in `folder`, which it creates; a crash does not affect this process. Raises Stopped."""
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
    if process.returncode or not made_file(folder, "float32").exists():
        raise Stopped(operator, last or f"exit code {process.returncode}", log)


def _follow(lines: Iterable[str], log: IO[str]) -> tuple[str, str]:
    """Log the output of onnx2tf under a progress bar; gives the operator that it was at, and its last error or line."""
    operator, last = "its start", ""
    with progress("onnx2tf", 1.0) as update:
        for line in lines:
            line = COLOUR.sub("", line).strip()
            log.write(line + "\n")
            if not ERROR.match(last) or ERROR.match(line):  # details of the failed call may follow
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
