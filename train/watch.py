"""What can be seen of a run: progress with loss, PSNR and time left, a strip of held-out photos, a TensorBoard log."""

import sys
import time
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from fastai.callback.core import Callback

from pix2phone.pictures import write_picture
from train.data.paired import Pair
from train.metrics import psnr
from train.models.generator import Generator, painter
from train.preview import centre, strip

PHOTOS, SIDE = 4, 256
CURVE_SECONDS = 2.0


class Watch(Callback):
    """Every `every` seconds the averaged weights paint the middles of a few held-out photos.

    `curve` collects {"step", "seconds", "loss", "psnr" (only where judged)}; the strip shows photo | target | painted.
    """

    order, run_valid = 85, False

    def __init__(
        self,
        average: Generator,
        held_out: list[Pair],
        out: Path,
        curve: list[dict[str, Any]],
        update: Callable[[float, str], None],
        every: float,
    ) -> None:
        self.average_model, self.out, self.curve, self.update, self.every = average, out, curve, update, every
        chosen = held_out[:: max(1, len(held_out) // PHOTOS)][:PHOTOS]
        self.pairs = [tuple(centre(picture, SIDE) for picture in pair.read()) for pair in chosen]
        self.loss_average: float | None = curve[-1]["loss"] if curve else None  # a resumed run's curve goes on
        self.logged = self.judged = time.monotonic()

    def before_fit(self) -> None:
        # TensorBoard imports the whole of TensorFlow unless a module of this name says that there is none.
        sys.modules.setdefault("tensorboard.compat.notf", types.ModuleType("notf"))
        from torch.utils.tensorboard import SummaryWriter

        self.board = SummaryWriter(self.out.parent / "tensorboard" / self.out.stem)

    def after_batch(self) -> None:
        loss, now = float(self.loss.detach()), time.monotonic()
        self.loss_average = loss if self.loss_average is None else 0.95 * self.loss_average + 0.05 * loss
        clock = self.clock
        last = f"  PSNR {self.psnr():.1f} dB" if self.psnr() else ""
        self.update(self.pct_train, f"step {clock.steps}  loss {self.loss_average:.4f}{last}")
        if now - self.logged >= CURVE_SECONDS or clock.steps == 1:
            self.logged = now
            self.record({})
        if now - self.judged >= self.every:
            self.judge()
            self.judged = time.monotonic()

    def after_fit(self) -> None:
        self.judge()
        self.board.close()

    def psnr(self) -> float | None:
        """The newest PSNR on the curve, dB."""
        return next((point["psnr"] for point in reversed(self.curve) if "psnr" in point), None)

    def judge(self) -> None:
        """Paint the held-out middles, note their mean PSNR, write the strip."""
        paint = painter(self.average_model.eval())
        rows = [[photo, target, paint(photo)] for photo, target in self.pairs]
        self.record({"psnr": round(float(np.mean([psnr(row[2], row[1]) for row in rows])), 3)})
        sheet = strip(rows)
        write_picture(self.out.with_name(f"{self.out.stem}-preview.jpg"), sheet)
        self.board.add_image("photo, target, painted", torch.from_numpy(sheet), self.clock.steps, dataformats="HWC")

    def record(self, more: dict[str, float]) -> None:
        clock = self.clock
        loss = round(self.loss_average or 0.0, 5)
        self.curve.append({"step": clock.steps, "seconds": round(clock.seconds, 1), "loss": loss} | more)
        for name, value in ({"loss": loss} | more).items():
            self.board.add_scalar(name, value, clock.steps)
