"""What `python -m compress` does once its flags are parsed."""

from pathlib import Path

from compress.steps import Step, int8, student
from pix2phone.console import say
from pix2phone.errors import UserError
from train.checkpoint import load, save
from train.config import Recipe
from train.data.source import Source
from train.models import STUDENTS
from train.run import finish, print_scores


def compress(begin: Path, out: Path, recipe: Recipe | None, quantise: bool) -> None:
    """Take the steps asked for from the checkpoint `begin`, write `out` and a report beside it, print the losses.

    Raises UserError for an unknown student, or a checkpoint that is int8 already.
    """
    if recipe and recipe.model not in STUDENTS:
        raise UserError(f"--student: {recipe.model!r}: unknown; use one of {', '.join(STUDENTS)}")
    model, card = load(begin)
    if any("int8" in step for step in card.history):
        raise UserError(f"--from: {begin}: is int8 already; start from the checkpoint it was made of")
    say(f"compressing {begin} ({card.model})")
    source = Source.from_json(card.data["source"])
    step = Step(model, card, {"from": begin.name})
    scores = {card.model: card.metrics} if card.metrics else {}
    if recipe:
        step = student(step, source, recipe, out)
        scores[f"{recipe.model}, student"] = step.card.metrics
    if quantise:
        step = int8(step, source)
        scores[f"{step.card.model}, int8"] = step.card.metrics
    save(out, step.model, step.card)
    finish(out, step.report | {"scores": scores})
    print_scores(scores)
    say(f"wrote {out}; next: python -m convert --target coreml tflite onnx")
