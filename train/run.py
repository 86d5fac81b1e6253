"""One training run from source to checkpoint; `python -m train` and `python -m compress --distill` both call it."""

import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch

from pix2phone.artefacts import write_json
from pix2phone.console import say, table
from pix2phone.errors import UserError
from train.checkpoint import load
from train.config import Recipe
from train.contents import file_hash
from train.data.paired import Pair, held_out_pairs, pairs_hash, train_pairs
from train.data.source import Pairs, to_data
from train.engine.precision import describe_device
from train.engine.processes import rank
from train.engine.resume import PICTURES, resume_path
from train.fit import fit
from train.losses import Loss, training_loss
from train.metrics import mean_scores, scores
from train.models import PRETRAINABLE, build, check_name
from train.models.encoders import WeightsUnavailable
from train.models.generator import Generator, painter
from train.seams import Painter
from train.tasks.distillation import Distillation
from train.tasks.supervised import Supervised

FIDELITY = {  # a table's column: its score and how it is written
    "test photos": ("photos", "d"),
    "PSNR dB": ("psnr", ".2f"),
    "SSIM": ("ssim", ".4f"),
    "gradient error": ("gradient_error", ".2f"),
    "perceptual": ("perceptual", ".4f"),
}


@dataclass(frozen=True)
class Trained:
    """The result of a run: the averaged model and all that was learnt on the way (plain JSON)."""

    model: Generator
    report: dict[str, Any]


@dataclass(frozen=True)
class TrainingData:
    """The training pairs in place of the source's training pairs.

    `origin` is plain JSON that changes whenever the rest would: a resume file of another origin is not used.
    `teacher`: a frozen generator whose features are learnt too.
    """

    pairs: list[Pair]
    origin: dict[str, Any] = field(default_factory=dict)
    teacher: Generator | None = None


def train_model(
    recipe: Recipe,
    source: Pairs,
    out: Path,
    pretrained: bool,
    data: TrainingData | None = None,
    begin: Path | None = None,
) -> Trained:
    """Train by `recipe` on `source`; previews, curve and resume file go beside `out`, which the caller writes.

    It starts from the weights of the checkpoint `begin`, if there is one. Without `data` the source's training
    pairs are learnt; its val pairs show the progress and its test pairs judge the result in any case.
    Raises UserError for bad data, CheckFailed when the loss is no number any more.
    """
    started = time.monotonic()
    check_name(recipe.model)
    data = data or TrainingData(train_pairs(source, recipe.scales))
    val, test = held_out_pairs(source, "val"), held_out_pairs(source, "test")
    photos = len({pair.name for pair in data.pairs})
    scaled = f" ({photos} photos, some at several scales)" if photos < len(data.pairs) else ""
    say(f"pairs: {len(data.pairs)} to train on{scaled}, {len(val)} val, {len(test)} test")
    torch.manual_seed(recipe.seed)
    model, begun = _start(recipe.model, pretrained, begin)
    say(begun)
    loss, loss_line = training_loss(recipe.loss, pretrained)
    say(f"loss: {loss_line}")
    task = _task(model, loss, recipe, data.teacher)
    say(f"training {recipe.model} on {describe_device()}")
    fingerprint = {"recipe": asdict(recipe), "source": to_data(source), "pretrained": pretrained, **data.origin}
    fingerprint |= {"begin": file_hash(begin)} if begin else {}
    fingerprint |= {PICTURES: pairs_hash(data.pairs, val, test)}
    average, curve = fit(task, recipe, data.pairs, val, out, fingerprint)
    report = {
        "recipe": asdict(recipe),
        "source": to_data(source),
        "loss": loss_line,
        **data.origin,
        "device": describe_device(),
        "pairs": {"train": len(data.pairs), "val": len(val), "test": len(test)},
        "curve": curve,
        **(_judged(average, test[: recipe.judged]) if rank() == 0 else {"metrics": {}}),
        "seconds": round(time.monotonic() - started, 1),
        "torch": torch.__version__,
    }
    return Trained(average, report)


def _task(model: Generator, loss: Loss, recipe: Recipe, teacher: Generator | None) -> Supervised:
    if teacher:
        return Distillation(model, teacher, loss, recipe.optimiser, recipe.lr)
    return Supervised(model, loss, recipe.optimiser, recipe.lr)


def judge(model: Generator, pairs: list[Pair]) -> dict[str, float]:
    """Means of train.metrics.METRICS of the outputs of `model` on `pairs`, and the number of photos."""
    return _means(_scores(painter(model), pairs))


def _judged(model: Generator, pairs: list[Pair]) -> dict[str, dict[str, Any]]:
    """ "metrics" as `judge` gives them; "scores": the same of each photo by its name, to compare any of them later.

    "photo": "metrics" of the photos as they are.
    """
    found = _scores(painter(model), pairs)
    return {"metrics": _means(found), "scores": dict(found), "photo": _means(_scores(lambda photo: photo, pairs))}


def _scores(paint: Painter, pairs: list[Pair]) -> list[tuple[str, dict[str, float]]]:
    """With names, which photos of two folders may share."""
    read = ((pair.name, *pair.read()) for pair in pairs)
    return [(name, scores(paint(photo), target)) for name, photo, target in read]


def _means(found: list[tuple[str, dict[str, float]]]) -> dict[str, float]:
    return mean_scores(row for _, row in found) | {"photos": len(found)}


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


def _start(name: str, pretrained: bool, begin: Path | None) -> tuple[Generator, str]:
    """The generator to train, and a line that says where its weights come from."""
    if begin:
        model, card = load(begin)
        if card.model != name:
            raise UserError(f"--begin: {begin}: is a {card.model}, not a {name}; add --model {card.model}")
        return model.train(), f"{name}: from {begin}"
    if not (pretrained and name in PRETRAINABLE):
        return build(name), f"{name}: from a random start"
    try:
        return build(name, pretrained=True), f"{name}: from ImageNet weights"
    except WeightsUnavailable as reason:
        line = f"{reason}: the encoder starts at random instead, and needs several times as many steps"
        return build(name), line
