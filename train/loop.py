"""The one training loop: fastai's Learner, one-cycle, averaged weights, resumable, on one process or several."""

import os
import warnings
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any

import fastai.callback.schedule  # noqa: F401  (gives Learner its fit_one_cycle)
import numpy as np
import torch
from fastai.callback.core import TrainEvalCallback
from fastai.data.core import DataLoaders
from fastai.data.load import DataLoader
from fastai.distributed import DistributedDL, num_distrib, rank_distrib
from fastai.learner import Learner
from fastai.optimizer import OptimWrapper
from torch import nn

from pix2phone.console import progress, say
from pix2phone.errors import CheckFailed, UserError
from train.callbacks import Average, Bfloat16, Clock, Epochs, NonFinite, Resume, has_bfloat16
from train.config import Recipe
from train.data.augment import Augmentation
from train.data.crops import Crops
from train.data.paired import Pair
from train.models.generator import Generator
from train.resume import load_resume, resume_path
from train.watch import Watch

ENDLESS = 1_000_000  # epochs: the clock ends the run
RESUME_SECONDS, JUDGE_SECONDS = 120.0, 30.0
WEIGHT_DECAY = 0.01


def muon(parameters: Any, **settings: Any) -> torch.optim.Optimizer:
    """Steps of AdamW's size that are orthogonal over each kernel, AdamW itself for biases (arXiv:2502.16982).

    In 300 steps a student reached 27.3 dB with it, 26.0 with AdamW (python -m compress.ablation --groups optimiser).
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from timm.optim.muon import Muon  # here, since timm imports all its models first

    return Muon(parameters, nesterov=True, betas=(0.9, 0.99), **settings)


OPTIMISERS: dict[str, Callable[..., torch.optim.Optimizer]] = {"adamw": torch.optim.AdamW, "muon": muon}


class RankLoader(DistributedDL):
    """A process's share of every batch, so that N processes see what one with an N times larger batch would."""

    def get_idxs(self) -> list[int]:
        """This rank's sample numbers of the epoch. They are the same on all processes: nothing to broadcast."""
        self.n = self.n_padded = len(self.dataset)
        numbers = np.arange(self.n).reshape(-1, self.world_size, self.bs)
        return numbers[:, self.rank].ravel().tolist()


def fit(
    model: Generator,
    average: Generator,
    recipe: Recipe,
    pairs: list[Pair],
    held_out: list[Pair],
    loss: Callable[[torch.Tensor, torch.Tensor], torch.Tensor],
    out: Path,
    fingerprint: dict[str, Any],
) -> tuple[Generator, list[dict[str, Any]]]:
    """Train `model` in place; gives `average`, made a copy of it, with averaged weights, and the curve (see Watch).

    A killed run of the same `fingerprint` goes on from its resume file beside `out`; the caller removes that file
    once the result is safe. Raises CheckFailed when the loss is no number any more.
    """
    processes = max(1, num_distrib())
    if processes > 1 and recipe.minutes:
        raise UserError("--minutes: processes cannot share one clock; give --steps when running several")
    device = _device()
    average.to(device)
    learner = _learner(model.to(device), recipe, pairs, loss, processes, device)
    modules: dict[str, nn.Module] = {"model": model, "average": average}
    learner.create_opt()
    state = load_resume(resume_path(out), modules, learner.opt.opt, fingerprint) or {}
    curve: list[dict[str, Any]] = state.get("curve", [])
    clock = Clock(recipe.steps, recipe.minutes, state.get("steps", 0), state.get("seconds", 0.0))
    if state:
        say(f"resuming at step {clock.steps} ({clock.before / 60:.1f} minutes done) from {resume_path(out)}")

    def now() -> dict[str, Any]:
        return {"fingerprint": fingerprint, "steps": clock.steps, "seconds": clock.seconds, "curve": curve}

    finite = NonFinite()
    callbacks = [clock, Epochs(), finite, Average(model, average)]
    with ExitStack() as rounded, progress("training", 1.0, clock.share) as update:
        if has_bfloat16(device):
            callbacks.append(Bfloat16(device, rounded))
        if rank_distrib() == 0:
            callbacks.append(Resume(resume_path(out), modules, now, RESUME_SECONDS))
            callbacks.append(Watch(average, held_out, out, curve, update, JUDGE_SECONDS))
        with learner.distrib_ctx(sync_bn=device.type == "cuda", cpu=device.type == "cpu"):
            learner.fit_one_cycle(ENDLESS, recipe.lr, start_epoch=state.get("epoch", 0), cbs=callbacks)
    if finite.failure:
        raise CheckFailed(finite.failure)
    return average.eval(), curve


def _device() -> torch.device:
    if not torch.cuda.is_available():
        return torch.device("cpu")
    return torch.device("cuda", int(os.environ.get("LOCAL_RANK", "0")))


def _learner(
    model: Generator,
    recipe: Recipe,
    pairs: list[Pair],
    loss: Callable[[torch.Tensor, torch.Tensor], torch.Tensor],
    processes: int,
    device: torch.device,
) -> Learner:
    length = recipe.epoch_steps * recipe.batch * processes
    crops = Crops(pairs, recipe.crop, length, Augmentation(recipe.degrees, recipe.zoom), recipe.seed)
    # On the CPU the network needs every core itself; on a GPU the crops must not keep it waiting.
    loader = DataLoader(crops, bs=recipe.batch, num_workers=8 if device.type == "cuda" else 0, device=device)
    if processes > 1:
        loader = RankLoader(loader, device=device)
    return Learner(
        DataLoaders(loader, loader, device=device),
        model.to(memory_format=torch.channels_last),
        loss,
        opt_func=partial(OptimWrapper, opt=OPTIMISERS[recipe.optimiser]),
        wd=WEIGHT_DECAY,
        cbs=[TrainEvalCallback()],
        default_cbs=False,  # fastai's own would print beside our progress bar
    )


def describe_device() -> str:
    """One line: where training runs and in which precision."""
    device = _device()
    name = torch.cuda.get_device_name() if device.type == "cuda" else f"CPU, threads: {torch.get_num_threads()}"
    if num_distrib() > 1:
        name = f"{num_distrib()} processes, each on {name}"
    if has_bfloat16(device):
        return f"{name}, bfloat16 for the first {Bfloat16.UNTIL:.0%} of the run"
    return f"{name}, float32 (no fast bfloat16 here: a CPU with AMX or AVX512-BF16 is about three times faster)"
