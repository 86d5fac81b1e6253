"""One training run from source to checkpoint; `python -m train` and `python -m compress --distill` both call it."""

import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from fastai.distributed import rank_distrib

from pix2phone.artefacts import write_json
from pix2phone.console import say, table
from pix2phone.errors import UserError
from train.config import Recipe
from train.data.paired import Pair, held_out_pairs, train_pairs
from train.data.source import Source
from train.loop import describe_device, fit
from train.losses import training_loss
from train.metrics import fidelity
from train.models import MODELS, PRETRAINABLE, build
from train.models.contract import Generator, painter
from train.models.encoders import WeightsUnavailable
from train.resume import resume_path

FIDELITY = {  # a table's column: its score and how it is written
    "held-out photos": ("photos", "d"),
    "PSNR dB": ("psnr", ".2f"),
    "SSIM": ("ssim", ".4f"),
    "gradient error": ("gradient_error", ".2f"),
    "perceptual": ("perceptual", ".4f"),
}


@dataclass(frozen=True)
class Trained:
    """What a run made: the averaged model and all that was learnt on the way (plain JSON)."""

    model: Generator
    report: dict[str, Any]


def train_model(recipe: Recipe, source: Source, out: Path, pretrained: bool) -> Trained:
    """Train by `recipe` on `source`; previews, curve and resume file go beside `out`, which the caller writes.

    Raises UserError for bad data, CheckFailed when the loss is no number any more.
    """
    started = time.monotonic()
    if recipe.model not in MODELS:
        raise UserError(f"--model: {recipe.model!r}: unknown; use one of {', '.join(MODELS)}")
    pairs, held_out = train_pairs(source, recipe.scales), held_out_pairs(source)
    say(f"pairs: {len(pairs)} to train on, {len(held_out)} held out")
    torch.manual_seed(recipe.seed)
    model = _start(recipe.model, pretrained)
    loss, loss_line = training_loss(recipe.loss, pretrained)
    say(f"loss: {loss_line}")
    say(f"training {recipe.model} on {describe_device()}")
    fingerprint = {"recipe": asdict(recipe), "source": asdict(source), "pretrained": pretrained}
    average, curve = fit(model, recipe, pairs, held_out, loss, out, fingerprint)
    report = {
        "recipe": asdict(recipe),
        "source": asdict(source),
        "loss": loss_line,
        "device": describe_device(),
        "pairs": {"train": len(pairs), "held_out": len(held_out)},
        "curve": curve,
        "metrics": judge(average, held_out[: recipe.judged]) if rank_distrib() == 0 else {},
        "seconds": round(time.monotonic() - started, 1),
        "torch": torch.__version__,
    }
    return Trained(average, report)


def judge(model: Generator, held_out: list[Pair]) -> dict[str, float]:
    """Means of train.metrics.MEASURES of what `model` paints on `held_out`, and the number of photos."""
    return fidelity(painter(model), (pair.read() for pair in held_out)) | {"photos": len(held_out)}


def print_scores(scores: dict[str, dict[str, float]]) -> None:
    """Print a table with a row for each network's scores, as `judge` gives them."""
    rows = [[name, *fidelity_cells(row)] for name, row in scores.items()]
    table("fidelity to the target pictures", ["network", *FIDELITY], rows)


def fidelity_cells(scores: dict[str, Any]) -> list[str]:
    """The cells under the columns of `FIDELITY`; a score that an older checkpoint lacks is a dash."""
    return [format(scores[key], form) if key in scores else "-" for key, form in FIDELITY.values()]


def finish(out: Path, report: dict[str, Any]) -> None:
    """Write the report beside the checkpoint `out` and remove the resume file that is no longer needed."""
    write_json(out.with_suffix(".json"), report)
    resume_path(out).unlink(missing_ok=True)


def _start(name: str, pretrained: bool) -> Generator:
    if not (pretrained and name in PRETRAINABLE):
        say(f"{name}: from a random start")
        return build(name)
    try:
        return build(name, pretrained=True)
    except WeightsUnavailable as reason:
        say(f"{reason}: the encoder starts at random instead, and needs several times as many steps")
        return build(name)
