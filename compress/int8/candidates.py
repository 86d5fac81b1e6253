"""Ways to int8 for one network, and the choice among them by the pictures they leave."""

from dataclasses import dataclass, replace
from typing import Any

from torch.fx import GraphModule

from compress.graph import export_graph
from compress.int8.calibrate import RULES, decide, observe
from compress.int8.equalise import equalise
from compress.int8.narrow import narrow
from compress.int8.qat import fine_tune
from compress.int8.quantize import FakeQuantised
from compress.int8.sensitivity import Pictures, fewest_in_float, mean_psnr, pooled_psnr
from operators.levels import Ranges
from pix2phone.console import say, track
from pix2phone.pictures import fit
from train.data.paired import Pair
from train.models.generator import Generator, painter

CALIBRATION_SIDE = 384


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


def choose(
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
    ranges, near = narrow(best.graph, best.ranges, in_float)
    tried.append(best.how | {"narrowed": True, "from_float": round(near, 2)})
    say(f"int8: {best.how['rule']} ranges, narrowed, channels {'' if best.how['equalised'] else 'not '}equalised")
    return replace(best, ranges=ranges), tried


def tune(chosen: Candidate, pairs: list[Pair], pictures: Pictures, steps: int) -> tuple[Candidate, dict[str, Any]]:
    """`chosen` after fine-tuning, or as it was if its PSNR on `pictures` does not rise; and both values of PSNR."""
    model, ranges = fine_tune(chosen.model, chosen.graph, chosen.ranges, pairs, steps)
    tuned = Candidate(model, export_graph(model), ranges, chosen.how | {"tuned": steps})
    before, after = (mean_psnr(one.painted(), pictures) for one in (chosen, tuned))
    better = after > before
    say(f"int8: fine-tuning: {before:.2f} to {after:.2f} dB on photos apart, {'kept' if better else 'not kept'}")
    return tuned if better else chosen, {"tuned": steps, "psnr_before": round(before, 3), "psnr_after": round(after, 3)}


def mix(chosen: Candidate, lost: dict[str, float], whole: Generator, pictures: Pictures, limit: float) -> Candidate:
    """`chosen` with as few layers in float as keep its PSNR on `pictures` within `limit` dB of that of `whole`."""
    in_float = mean_psnr(whole, pictures)

    def drop(ranges: Ranges) -> float:
        return in_float - mean_psnr(FakeQuantised(chosen.graph, ranges).eval(), pictures)

    ranges = fewest_in_float(chosen.graph, chosen.ranges, lost, drop, limit)
    kept = [layer for layer in lost if ranges[layer] is None]
    say(f"int8: {len(kept)} of {len(lost)} layers stay in float for --max-drop {limit:g}dB {' '.join(kept)}".rstrip())
    return replace(chosen, ranges=ranges)
