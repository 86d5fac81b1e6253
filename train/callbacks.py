"""What the training loop adds to fastai's Learner: averaged weights, a clock, resuming, precision."""

import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import torch
from accelerate.utils import reduce
from fastai.callback.core import Callback, CancelFitException, CancelValidException
from fastai.distributed import num_distrib
from torch.optim.swa_utils import get_ema_multi_avg_fn

from train.models.generator import Generator
from train.resume import save_resume

DECAY = 0.999


class Average(Callback):
    """Exponential moving average of weights and buffers; a young one forgets faster, lest it remember the start.

    (Warm-up of the decay as in TensorFlow's ExponentialMovingAverage: min(decay, (1 + n) / (10 + n)).)
    """

    order, run_valid = 80, False

    def __init__(self, source: Generator, average: Generator) -> None:
        self.source, self.average_model = source, average

    def after_batch(self) -> None:
        step = self.clock.steps
        lerp = get_ema_multi_avg_fn(min(DECAY, (1 + step) / (10 + step)))
        source, average = self.source.state_dict(), self.average_model.state_dict()
        floats = [name for name, tensor in source.items() if tensor.is_floating_point()]
        with torch.no_grad():
            lerp([average[name] for name in floats], [source[name] for name in floats], step)
            for name in source.keys() - set(floats):
                average[name].copy_(source[name])


class Clock(Callback):
    """Counts steps and seconds over all starts of a run; ends it after `goal` steps, or after `minutes` if given.

    The schedule follows: a machine that slows down half-way takes fewer steps in the same minutes, and the learning
    rate still ends where it should.
    """

    order, run_valid = 50, False

    def __init__(self, goal: int, minutes: float | None, steps: int = 0, seconds: float = 0.0) -> None:
        self.goal, self.minutes, self.steps, self.before = goal, minutes, steps, seconds
        self.started = time.monotonic()

    @property
    def seconds(self) -> float:
        return self.before + time.monotonic() - self.started

    @property
    def share(self) -> float:
        """How much of the run is over, 0 to 1."""
        return self.seconds / 60 / self.minutes if self.minutes else self.steps / self.goal

    def before_batch(self) -> None:
        self.learn.pct_train = self.share
        if self.pct_train >= 1:
            raise CancelFitException

    def after_batch(self) -> None:
        self.steps += 1

    def before_validate(self) -> None:
        # Whole held-out pictures are judged by Watch, on the averaged weights.
        raise CancelValidException


class Epochs(Callback):
    """Tells the dataset which epoch's samples to give."""

    order, run_valid = -20, False

    def before_train(self) -> None:
        self.dls.train.dataset.epoch = self.epoch


class Resume(Callback):
    """Writes the resume file between epochs, at most every `every` seconds."""

    order = 90

    def __init__(self, path: Path, modules: dict[str, Any], state: Callable[[], dict[str, Any]], every: float) -> None:
        self.path, self.modules, self.state, self.every = path, modules, state, every
        self.saved = time.monotonic()

    def after_train(self) -> None:  # not after_epoch, which comes for the epochs skipped on resuming, too
        if time.monotonic() - self.saved >= self.every:
            save_resume(self.path, self.modules, self.opt.opt, self.state() | {"epoch": self.epoch + 1})
            self.saved = time.monotonic()


class Bfloat16(Callback):
    """Forward and loss in bfloat16 where the device has it, until `UNTIL` of the run; weights stay float32 throughout.

    The end is in float32, as the network will be used: weights that were only ever seen rounded do not quite fit there.
    `entered` is closed after every loss; the caller closes it after a run that
    ended before one.
    """

    UNTIL = 0.75

    order = 10

    def __init__(self, device: torch.device, entered: ExitStack) -> None:
        self.autocast, self.entered = torch.autocast(device.type, torch.bfloat16), entered

    def before_batch(self) -> None:
        if self.clock.share < self.UNTIL:
            self.entered.enter_context(self.autocast)

    def after_pred(self) -> None:
        self.learn.pred = self.pred.float()

    def after_loss(self) -> None:
        self.entered.close()


def has_bfloat16(device: torch.device) -> bool:
    """Whether bfloat16 is fast there: a GPU that supports it, or a CPU with AMX or AVX512-BF16."""
    if device.type == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    return torch.cpu._is_amx_tile_supported() or torch.cpu._is_avx512_bf16_supported()


class NonFinite(Callback):
    """Stops a run whose loss is no number any more, before the averaged weights are lost to it.

    Several processes first take the mean of their losses, so that all of them stop, and the curve shows them all.
    """

    order, run_valid = 40, False
    failure: str | None = None  # for the caller to raise: fastai adds a line to exceptions that leave a callback

    def after_loss(self) -> None:
        if num_distrib() > 1:
            self.learn.loss = reduce(self.loss.detach(), reduction="mean")
        if not torch.isfinite(self.loss):
            self.failure = f"loss {self.loss.item()} at step {self.clock.steps}; start again with a smaller --lr"
            raise CancelFitException
