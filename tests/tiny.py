"""Tiny runs of `python -m train` for the tests: pairs that are quickly learnt, and processes that can be killed."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from PIL import Image

FLAGS = ("--preset", "tiny", "--pairs", "pairs", "--no-pretrained")


def write_pairs(folder: Path, count: int = 8, height: int = 40, width: int = 48) -> None:
    """`count` photos in a/ and their negatives in b/, uint8 `height` x `width` x 3."""
    y, x = np.mgrid[:height, :width]
    for side in "ab":
        (folder / side).mkdir(parents=True, exist_ok=True)
    for index in range(count):
        photo = np.stack([x * 5 + index * 20, y * 6, (x + y) * 2], axis=-1).astype(np.uint8)
        Image.fromarray(photo).save(folder / "a" / f"photo{index}.png")
        Image.fromarray(255 - photo).save(folder / "b" / f"photo{index}.png")


def run(
    folder: Path, flags: Sequence[str], launcher: Sequence[str] = (), kill: str = ""
) -> subprocess.CompletedProcess[str]:
    """This file as a process in `folder`: `python -m train` of this repository with the recipe "tiny" added.

    `kill` is "<path> <seconds>": signal 9 that many seconds of processor time after the file there is written anew.
    """
    return subprocess.run(
        [sys.executable, *launcher, str(Path(__file__)), *flags],
        cwd=folder,
        # Without the root, folders of tests stand in for packages of their names.
        env=os.environ | {"OMP_NUM_THREADS": "1", "KILL": kill, "PYTHONPATH": str(Path(__file__).parents[1])},
        capture_output=True,
        text=True,
        timeout=600,
    )


def losses(checkpoint: Path) -> list[float]:
    """The loss after every step of the run that wrote `checkpoint`, in order, each step once."""
    curve = json.loads(checkpoint.with_suffix(".json").read_text())["curve"]
    points = [point for point in curve if "psnr" not in point]  # those come by the clock
    assert [point["step"] for point in points] == list(range(1, len(points) + 1))
    return [point["loss"] for point in points]


def _kill_after(path: Path, seconds: float) -> None:
    def written() -> int:
        return path.stat().st_mtime_ns if path.exists() else 0

    before = written()
    while written() == before:
        time.sleep(0.001)
    until = time.process_time() + seconds
    while time.process_time() < until:
        time.sleep(0.001)
    os.kill(os.getpid(), signal.SIGKILL)


def main() -> None:
    """Epochs of five steps with a resume file after each, and every step's loss on the curve."""
    from pix2phone.errors import run_command
    from train.__main__ import main as train_main
    from train.config import RECIPES
    from train.engine import precision, resume, watch

    precision.has_bfloat16 = lambda device: False  # runs are compared to float tolerance, whatever the machine has
    resume.SECONDS = watch.CURVE_SECONDS = 0.0
    RECIPES["tiny"] = replace(RECIPES["student"], crop=32, batch=2, steps=60, epoch_steps=5, degrees=45.0, zoom=4.0)
    RECIPES["tiny-adamw"] = replace(RECIPES["tiny"], optimiser="adamw", lr=1.5e-3)
    if kill := os.environ.get("KILL"):
        path, seconds = kill.split()
        threading.Thread(target=_kill_after, args=(Path(path), float(seconds)), daemon=True).start()
    run_command(train_main)


if __name__ == "__main__":
    main()
