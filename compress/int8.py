"""The int8 step: scales decided on training photos, and what the roundings cost in the picture."""

from dataclasses import asdict, dataclass, replace
from typing import Any, ClassVar

from compress.graph import export_graph
from compress.load import Compressed
from compress.quantize import FakeQuantised, calibrate
from compress.steps import Context, Step
from pix2phone.console import track
from pix2phone.pictures import fit
from train.data.paired import held_out_pairs, train_pairs
from train.run import judge

# The ranges stand still from about twenty photos on.
CALIBRATION_PHOTOS, CALIBRATION_SIDE = 32, 384


@dataclass(frozen=True)
class Int8(Step):
    """int8 scales for the same network; every target of `convert` uses these."""

    name: ClassVar[str] = "int8"

    def take(self, before: Compressed, context: Context) -> tuple[Compressed, dict[str, Any]]:
        """Scores are those with all int8 roundings, on as many held-out photos as the float network's."""
        pairs = train_pairs(context.source)
        chosen = pairs[:: max(1, len(pairs) // CALIBRATION_PHOTOS)][:CALIBRATION_PHOTOS]
        photos = (fit(pair.read()[0], CALIBRATION_SIDE) for pair in chosen)
        graph = export_graph(before.folded)
        ranges = calibrate(graph, track(photos, f"int8: calibrating on {len(chosen)} training photos", len(chosen)))
        held_out = held_out_pairs(context.source)
        judged = int(before.card.metrics.get("photos", len(held_out)))
        scores = judge(FakeQuantised(graph, ranges).eval(), held_out[:judged])
        settings = asdict(self) | {"photos": len(chosen), "ranges": ranges}
        history = [*before.card.history, {self.name: settings}]
        return Compressed(before.model, replace(before.card, history=history, metrics=scores)), {}
