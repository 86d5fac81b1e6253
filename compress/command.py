"""What `python -m compress` does once its flags are parsed."""

from pathlib import Path
from typing import Any

from compress.load import load as load_compressed
from compress.steps import int8, student
from pix2phone.artefacts import replacing
from pix2phone.console import say, table
from pix2phone.errors import UserError
from train.checkpoint import Card, load, save
from train.config import Recipe
from train.data.paired import Pair, held_out_pairs
from train.data.source import Source
from train.metrics import fidelity
from train.models import STUDENTS
from train.models.contract import Generator, painter
from train.run import finish

JUDGED = 8  # held-out photos that float and int8 are compared on


def compress(begin: Path, out: Path, recipe: Recipe | None, quantise: bool) -> None:
    """Take the steps asked for from the checkpoint `begin`, write `out` and a report beside it, print the losses.

    Raises UserError for an unknown student or a checkpoint that is int8 already.
    """
    if recipe and recipe.model not in STUDENTS:
        raise UserError(f"--student: {recipe.model!r}: unknown; use one of {', '.join(STUDENTS)}")
    model, card = load(begin)
    if any("int8" in step for step in card.history):
        raise UserError(f"--from: {begin}: is int8 already; start from the checkpoint it was made of")
    say(f"compressing {begin} ({card.model})")
    source = Source.from_json(card.data["source"])
    report: dict[str, Any] = {"from": str(begin)}
    if recipe:
        step = student(card, source, recipe, out)
        model, card, report = step.model, step.card, report | step.report
        source = Source.from_json(card.data["source"])
    held_out = held_out_pairs(source)[:JUDGED]
    before = _judge("float32", painter(model), held_out)
    ...
