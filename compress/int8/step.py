"""The int8 step: measures ranges on training photos, selects them on val photos, reports the loss from rounding."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, ClassVar

import numpy as np
from torch.fx import GraphModule

from compress.graph import export_graph
from compress.int8.candidates import choose, mix, tune
from compress.int8.qat import trainable
from compress.int8.sensitivity import sensitivities, weights_of
from compress.load import Compressed
from compress.steps import Context, Step, judged_pairs
from pix2phone.console import table
from pix2phone.errors import UserError
from pix2phone.pictures import spread
from train.data.paired import Pair, held_out_pairs, train_pairs
from train.preview import centre
from train.run import judge

CALIBRATION_PHOTOS = 32  # the ranges stand still from about twenty on
LEAST_PHOTOS = 8
CHOOSING_PHOTOS, CHOOSING_SIDE = 8, 256  # of val, and of their middles, on which choices are made
WORST = 5  # layers shown


@dataclass(frozen=True)
class Int8(Step):
    """int8 scales for the same network; every target of `convert` uses these.

    `max_drop`: the PSNR (dB) that may be lost on val photos; as few layers as meet it stay in float. `qat`: steps
    of fine-tuning with the roundings in place. UserError for values that make no sense.
    """

    max_drop: float | None = None
    qat: int | None = None
    name: ClassVar[str] = "int8"

    def __post_init__(self) -> None:
        if self.max_drop is not None and not self.max_drop > 0:
            raise UserError(f"--max-drop: {self.max_drop:g}: must be more than 0 dB")
        if self.qat is not None and self.qat < 1:
            raise UserError(f"--qat: {self.qat}: must be at least 1 step")

    def check(self, context: Context) -> None:
        calibration_pairs(train_pairs(context.source))

    def take(self, before: Compressed, context: Context) -> tuple[Compressed, dict[str, Any]]:
        """Ranges are measured on training photos and chosen on val; scores are of the float network's test photos."""
        pairs, val = train_pairs(context.source), held_out_pairs(context.source, "val")
        calibrating = calibration_pairs(pairs)
        pictures = [_middles(pair) for pair in spread(val, CHOOSING_PHOTOS)]
        graph = export_graph(before.folded)
        if self.qat:
            trainable(before.folded, graph)
        chosen, tried = choose(before.folded, graph, calibrating, pictures)
        if self.qat:
            chosen, tuning = tune(chosen, pairs, pictures, self.qat)
            tried.append(tuning)
        lost = sensitivities(chosen.graph, chosen.ranges, pictures)
        if self.max_drop is not None:
            chosen = mix(chosen, lost, before.folded, [pair.read() for pair in val], self.max_drop)
        in_float = [layer for layer in lost if chosen.ranges[layer] is None]
        own = chosen.model is before.folded
        settings = asdict(self) | {"photos": len(calibrating), "ranges": chosen.ranges, "folded": not own, **chosen.how}
        card = replace(
            before.card,
            history=[*before.card.history, {self.name: settings}],
            metrics=judge(chosen.painted(), judged_pairs(before.card, context.source)),
        )
        learnt = {
            "photos": {"calibrating": len(calibrating), "choosing": len(pictures)},
            "tried": tried,
            "layers": _shown(chosen.graph, lost),
            "float": in_float,
        }
        return Compressed(before.model if own else chosen.model, card), learnt


def calibration_pairs(pairs: Sequence[Pair]) -> list[Pair]:
    """At most `CALIBRATION_PHOTOS` of the training `pairs`, evenly spread. UserError for fewer than `LEAST_PHOTOS`."""
    if len(pairs) < LEAST_PHOTOS:
        raise UserError(f"--int8: {len(pairs)} training photos: calibration needs at least {LEAST_PHOTOS}; add more")
    return spread(pairs, CALIBRATION_PHOTOS)


def _middles(pair: Pair) -> tuple[np.ndarray, np.ndarray]:
    photo, target = pair.read()
    return centre(photo, CHOOSING_SIDE), centre(target, CHOOSING_SIDE)


def _shown(graph: GraphModule, lost: dict[str, float]) -> list[dict[str, Any]]:
    """Every layer with its weights and the PSNR it costs, most sensitive first; the worst are printed."""
    rows = [{"layer": layer, "weights": weights_of(graph, layer), "lost": cost} for layer, cost in lost.items()]
    cells = [[f"{row['layer']}", f"{row['weights'] or '-'}", f"{row['lost']:.3f}"] for row in rows[:WORST]]
    table("most sensitive layers, each alone in 8 bits", ["layer", "weights", "PSNR lost, dB"], cells)
    return rows
