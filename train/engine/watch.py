"""The logs of a run: running means, PSNR, a strip of val photos, a TensorBoard log."""

import sys
import time
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch

from pix2phone.pictures import spread, write_picture
from train.data.paired import Pair
from train.engine.clock import Clock
from train.metrics import psnr
from train.preview import centre, strip

PHOTOS, PREVIEW_SIDE = 4, 256
CURVE_SECONDS, JUDGE_SECONDS = 2.0, 30.0
MEMORY = 0.95


class RunningMeans:
    """Of a task's logs, by name; `str` of it is one line."""

    def __init__(self) -> None:
        self.values: dict[str, float] = {}

    def add(self, logs: dict[str, float]) -> None:
        """Take in the values of one step."""
        for name, value in logs.items():
            self.values[name] = MEMORY * self.values.get(name, value) + (1 - MEMORY) * value

    def __str__(self) -> str:
        return "  ".join(f"{name} {value:.4f}" for name, value in self.values.items())


class Watch:
    """From time to time `paint`, the averaged network, paints the middles of a few val photos.

    `paint`: uint8 H x W x 3 to the same. `curve` collects {"step", "seconds", the running means, "psnr" (only where
    judged)}; the strip, written beside `out`, shows photo | target | painted.
    """

    def __init__(self, paint: Callable[[np.ndarray], np.ndarray], val: list[Pair], out: Path) -> None:
        self.paint, self.out = paint, out
        self.curve: list[dict[str, Any]] = []
        chosen = spread(val, PHOTOS)
        self.pairs = [tuple(centre(picture, PREVIEW_SIDE) for picture in pair.read()) for pair in chosen]
        self.logged = self.judged = time.monotonic()
        # TensorBoard imports the whole of TensorFlow unless a module of this name says that there is none.
        sys.modules.setdefault("tensorboard.compat.notf", types.ModuleType("notf"))
        from torch.utils.tensorboard import SummaryWriter

        self.board = SummaryWriter(out.parent / "tensorboard" / out.stem)

    def see(self, clock: Clock, means: RunningMeans) -> str:
        """Note and judge if it is time to; gives the newest PSNR for the progress bar."""
        if time.monotonic() - self.logged >= CURVE_SECONDS or clock.steps == 1:
            self.logged = time.monotonic()
            self._record(clock, means, {})
        if time.monotonic() - self.judged >= JUDGE_SECONDS:
            self._judge(clock, means)
            self.judged = time.monotonic()
        newest = next((point["psnr"] for point in reversed(self.curve) if "psnr" in point), None)
        return f"  PSNR {newest:.1f} dB" if newest else ""

    def end(self, clock: Clock, means: RunningMeans) -> None:
        """Judge the result."""
        self._judge(clock, means)
        self.board.close()

    def _judge(self, clock: Clock, means: RunningMeans) -> None:
        """Paint the middles of the val photos, note their mean PSNR, write the strip."""
        rows = [[photo, target, self.paint(photo)] for photo, target in self.pairs]
        self._record(clock, means, {"psnr": round(float(np.mean([psnr(row[2], row[1]) for row in rows])), 3)})
        sheet = strip(rows)
        write_picture(self.out.with_name(f"{self.out.stem}-preview.jpg"), sheet)
        self.board.add_image("photo, target, painted", torch.from_numpy(sheet), clock.steps, dataformats="HWC")

    def _record(self, clock: Clock, means: RunningMeans, more: dict[str, float]) -> None:
        values = {name: round(value, 5) for name, value in means.values.items()} | more
        self.curve.append({"step": clock.steps, "seconds": round(clock.seconds, 1)} | values)
        for name, value in values.items():
            self.board.add_scalar(name, value, clock.steps)
