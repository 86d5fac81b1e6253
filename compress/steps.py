"""The steps of compression: each makes a smaller network of the one before and says so in the history."""

from copy import deepcopy
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from compress.graph import export_graph
from compress.quantize import FakeQuantised, calibrate
from pix2phone.console import track
from pix2phone.pictures import fit
from train.checkpoint import Card
from train.config import Recipe
from train.data.paired import held_out_pairs, train_pairs
from train.data.source import Source
from train.models.contract import Generator
from train.run import judge, train_model

# The ranges stand still from about twenty photos on.
CALIBRATION_PHOTOS, CALIBRATION_SIDE = 32, 384


@dataclass(frozen=True)
class Step:
    """A float network, its card with the history so far, and what making it taught (plain JSON)."""

    model: Generator
    card: Card
    report: dict[str, Any]


def student(before: Step, source: Source, recipe: Recipe, out: Path) -> Step:
    """A new small network, trained on the pairs that the big one learnt from; previews and resume file beside `out`."""
    trained = train_model(recipe, source, out, pretrained=False)
    history = [*before.card.history, {"student": asdict(recipe)}]
    card = replace(before.card, model=recipe.model, history=history, metrics=trained.report["metrics"])
    return Step(trained.model, card, before.report | trained.report)


def int8(before: Step, source: Source) -> Step:
    """The same network with int8 scales, decided on training photos; every target of `convert` uses these.

    Its scores are those of the network with all int8 roundings, on as many held-out photos as the float one's.
    """
    pairs = train_pairs(source)
    chosen = pairs[:: max(1, len(pairs) // CALIBRATION_PHOTOS)][:CALIBRATION_PHOTOS]
    photos = (fit(pair.read()[0], CALIBRATION_SIDE) for pair in chosen)
    graph = export_graph(deepcopy(before.model).fold())  # the checkpoint keeps the weights as they were trained
    ranges = calibrate(graph, track(photos, f"int8: calibrating on {len(chosen)} training photos", len(chosen)))
    held_out = held_out_pairs(source)
    judged = int(before.card.metrics.get("photos", len(held_out)))
    scores = judge(FakeQuantised(graph, ranges).eval(), held_out[:judged])
    history = [*before.card.history, {"int8": {"photos": len(chosen), "ranges": ranges}}]
    return Step(before.model, replace(before.card, history=history, metrics=scores), before.report)
