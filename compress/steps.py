"""The steps of compression: each makes a smaller network of the one before and says so in the history."""

from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from compress.graph import export_graph
from compress.quantize import calibrate
from pix2phone.console import say
from pix2phone.pictures import fit, read_picture
from train.checkpoint import Card
from train.config import Recipe
from train.data.paired import train_pairs
from train.data.source import Source
from train.models.contract import Generator
from train.run import train_model

CALIBRATION_PHOTOS, CALIBRATION_SIDE = 32, 384
"""Ranges stood still from about twenty photos on; the side keeps strokes at their size."""


@dataclass(frozen=True)
class Step:
    """A network, its card, and what making it taught (plain JSON)."""

    model: Generator
    card: Card
    report: dict[str, Any]


def student(before: Card, source: Source, recipe: Recipe, out: Path) -> Step:
    """A new small network trained on the pairs that the big one learnt from; previews and resume file beside `out`."""
    trained = train_model(recipe, source, out, pretrained=False)
    history = [*before.history, {"student": asdict(recipe)}]
    card = Card(recipe.model, before.recipe, history, before.data, trained.report["metrics"])
    return Step(trained.model, card, trained.report)


def int8(model: Generator, before: Card, source: Source) -> Step:
    """The same network with int8 scales decided on training photos; every target of `convert` uses these."""
    pairs = train_pairs(source)
    chosen = pairs[:: max(1, len(pairs) // CALIBRATION_PHOTOS)][:CALIBRATION_PHOTOS]
    photos = [fit(pair.read()[0], CALIBRATION_SIDE) for pair in chosen]
    say(f"int8: calibrating on {len(photos)} training photos")
    ranges = calibrate(export_graph(model.fold()), photos)
    entry = {"photos": len(photos), "ranges": ranges}
    return Step(model, replace(before, history=[*before.history, {"int8": entry}]), entry)
