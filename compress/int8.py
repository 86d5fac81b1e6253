"""The int8 step: ranges decided on training photos, and what the roundings cost in the picture."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, ClassVar

import numpy as np
from torch.fx import GraphModule

from compress.calibrate import RULES, decide, observe
from compress.equalise import equalise
from compress.graph import export_graph
from compress.load import Compressed
from compress.qat import fine_tune, trainable
from compress.quantize import FakeQuantised, Ranges
from compress.sensitivity import Pictures, fewest_in_float, mean_psnr, sensitivities, weights_of
from compress.steps import Context, Step
from pix2phone.console import say, table, track
from pix2phone.errors import UserError
from pix2phone.pictures import fit
from train.data.paired import Pair, held_out_pairs, train_pairs
from train.metrics import psnr
from train.models.contract import Generator, painter
from train.preview import centre
from train.run import judge

# The ranges stand still from about twenty photos on.
CALIBRATION_PHOTOS, CALIBRATION_SIDE = 32, 384
LEAST_PHOTOS = 8
APART_SIDE = 256  # of the middles of photos that did not calibrate, on which choices are made
WORST = 5  # layers shown


@dataclass(frozen=True)
class Candidate:
    """One way to int8: the float network, folded; its graph; its ranges; and how it came about."""

    model: Generator
    graph: GraphModule
    ranges: Ranges
    how: dict[str, Any]

    def painted(self) -> Generator:
        """With all roundings."""
        return FakeQuantised(self.graph, self.ranges).eval()


@dataclass(frozen=True)
class Int8(Step):
    """int8 scales for the same network; every target of `convert` uses these.

    `max_drop`: the PSNR (dB) that may be lost on held-out photos; as few layers as meet it stay in float. `qat`: steps
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

    def take(self, before: Compressed, context: Context) -> tuple[Compressed, dict[str, Any]]:
        """Ranges are chosen on training photos; scores are of held-out ones, as many as the float network's."""
        calibrating, apart = split(train_pairs(context.source))
        pictures = [(centre(photo, APART_SIDE), centre(target, APART_SIDE)) for photo, target in map(Pair.read, apart)]
        graph = export_graph(before.folded)
        if self.qat:
            trainable(before.folded, graph)
        chosen, tried = _choose(before.folded, graph, calibrating, pictures)
        if self.qat:
            chosen, tuning = _tune(chosen, calibrating, pictures, self.qat)
            tried.append(tuning)
        lost = sensitivities(chosen.graph, chosen.ranges, pictures)
        held_out = held_out_pairs(context.source)
        held_out = held_out[: int(before.card.metrics.get("photos", len(held_out)))]
        if self.max_drop is not None:
            chosen = _mix(chosen, lost, before.card.metrics["psnr"], held_out, self.max_drop)
        in_float = [layer for layer in lost if chosen.ranges[layer] is None]
        own = chosen.model is before.folded
        settings = asdict(self) | {"photos": len(calibrating), "ranges": chosen.ranges, "folded": not own, **chosen.how}
        card = replace(
            before.card,
            history=[*before.card.history, {self.name: settings}],
            metrics=judge(chosen.painted(), held_out),
        )
        learnt = {
            "photos": {"calibrating": len(calibrating), "choosing": len(apart)},
            "tried": tried,
            "layers": _shown(chosen.graph, lost),
            "float": in_float,
        }
        return Compressed(before.model if own else chosen.model, card), learnt


def split(pairs: Sequence[Pair]) -> tuple[list[Pair], list[Pair]]:
    """Pairs to calibrate on, at most `CALIBRATION_PHOTOS`, and a quarter as many others to choose by.

    UserError for fewer than `LEAST_PHOTOS` in all.
    """
    if len(pairs) < LEAST_PHOTOS:
        raise UserError(f"--int8: {len(pairs)} training photos: calibration needs at least {LEAST_PHOTOS}; add more")
    count = min(len(pairs), CALIBRATION_PHOTOS + CALIBRATION_PHOTOS // 4)
    spread = [pairs[index * len(pairs) // count] for index in range(count)]
    apart = spread[2::5]
    return [pair for pair in spread if pair not in apart], apart


def _choose(
    model: Generator, graph: GraphModule, calibrating: list[Pair], pictures: Pictures
) -> tuple[Candidate, list[dict[str, Any]]]:
    """The rule for ranges, with or without equalised channels, that leaves pictures nearest to the float network's."""
    reading = track(calibrating, f"int8: reading {len(calibrating)} training photos", len(calibrating))
    photos = [fit(pair.read()[0], CALIBRATION_SIDE) for pair in reading]
    paint = painter(model)
    in_float = [(photo, paint(photo)) for photo, _ in pictures]
    equalised = equalise(model, graph, photos)
    networks = [(model, graph)] if equalised is model else [(model, graph), (equalised, export_graph(equalised))]
    found = []
    for one, its_graph in networks:
        seen, even = observe(its_graph, photos), one is not model
        for rule in RULES:
            candidate = Candidate(one, its_graph, decide(its_graph, seen, rule), {"rule": rule, "equalised": even})
            found.append((candidate, pooled_psnr(candidate.painted(), in_float)))
    tried = [candidate.how | {"from_float": round(near, 2)} for candidate, near in found]
    best = max(found, key=lambda one: one[1])[0]
    say(f"int8: {best.how['rule']} ranges, channels {'' if best.how['equalised'] else 'not '}equalised")
    return best, tried


def pooled_psnr(network: Generator, pictures: Pictures) -> float:
    """PSNR (dB) over all `pictures` as if they were one, so that a single one with clipped colours counts."""
    paint = painter(network)
    errors = [10 ** (-psnr(paint(photo), target) / 10) for photo, target in pictures]
    return float(-10 * np.log10(np.mean(errors)))


def _tune(chosen: Candidate, pairs: list[Pair], pictures: Pictures, steps: int) -> tuple[Candidate, dict[str, Any]]:
    """`chosen` after fine-tuning, unless that leaves its pictures further from the targets, and what was gained."""
    model = fine_tune(chosen.model, chosen.graph, chosen.ranges, pairs, steps)
    tuned = Candidate(model, export_graph(model), chosen.ranges, chosen.how | {"tuned": steps})
    before, after = (mean_psnr(one.painted(), pictures) for one in (chosen, tuned))
    better = after > before
    say(f"int8: fine-tuning: {before:.2f} to {after:.2f} dB on photos apart, {'kept' if better else 'not kept'}")
    return tuned if better else chosen, {"tuned": steps, "psnr_before": round(before, 3), "psnr_after": round(after, 3)}


def _mix(chosen: Candidate, lost: dict[str, float], in_float: float, held_out: list[Pair], limit: float) -> Candidate:
    """`chosen` with as few layers in float as keep its held-out PSNR within `limit` dB of `in_float`."""
    pictures = [pair.read() for pair in held_out]

    def drop(ranges: Ranges) -> float:
        return in_float - mean_psnr(FakeQuantised(chosen.graph, ranges).eval(), pictures)

    ranges = fewest_in_float(chosen.graph, chosen.ranges, lost, drop, limit)
    kept = [layer for layer in lost if ranges[layer] is None]
    say(f"int8: {len(kept)} of {len(lost)} layers stay in float for --max-drop {limit:g}dB {' '.join(kept)}".rstrip())
    return replace(chosen, ranges=ranges)


def _shown(graph: GraphModule, lost: dict[str, float]) -> list[dict[str, Any]]:
    """Every layer with its weights and the PSNR it costs, dearest first; the worst are printed."""
    rows = [{"layer": layer, "weights": weights_of(graph, layer), "lost": cost} for layer, cost in lost.items()]
    cells = [[f"{row['layer']}", f"{row['weights'] or '-'}", f"{row['lost']:.3f}"] for row in rows[:WORST]]
    table("dearest layers, each alone in 8 bits", ["layer", "weights", "PSNR lost, dB"], cells)
    return rows
