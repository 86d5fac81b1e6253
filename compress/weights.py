"""The fp16 and the palettize step: the loss by fewer bits for each weight."""

from dataclasses import asdict, dataclass, replace
from typing import Any, ClassVar

from compress.graph import export_graph
from compress.load import Compressed
from compress.rounded import choose_palettes, stored_bytes
from compress.steps import Context, Step, judged_pairs
from pix2phone.console import say
from pix2phone.errors import UserError
from train.run import judge

BITS = (4, 6)


@dataclass(frozen=True)
class Fp16(Step):
    """Every weight rounded to float16, as the float16 files of `convert` hold it."""

    name: ClassVar[str] = "fp16"

    def take(self, before: Compressed, context: Context) -> tuple[Compressed, dict[str, Any]]:
        """Scores are those of the rounded weights, on the test photos that the float network's are of."""
        return _judged(before, {self.name: asdict(self)}, context), {}


@dataclass(frozen=True)
class Palettize(Step):
    """16 (`bits` 4) or 64 (6) values for the weights of each convolution, which Core ML stores as look-up tables.

    UserError for another number of bits.
    """

    bits: int
    name: ClassVar[str] = "palettize"

    def __post_init__(self) -> None:
        if self.bits not in BITS:
            raise UserError(f"--palettize: {self.bits}: unknown number of bits; use {' or '.join(map(str, BITS))}")

    def take(self, before: Compressed, context: Context) -> tuple[Compressed, dict[str, Any]]:
        """Scores are those of the weights of the palettes, on the test photos that the float network's are of."""
        say(f"palettize: clustering the weights of each convolution into {2**self.bits} values")
        graph = export_graph(before.folded)
        palettes = choose_palettes(graph, self.bits)
        learnt = {"coreml_weights_bytes": stored_bytes(graph, palettes, self.bits)}
        say(f"palettize: {learnt['coreml_weights_bytes'] / 1000:.0f} kB of weights in Core ML, no other file shrinks")
        return _judged(before, {self.name: asdict(self) | {"palettes": palettes}}, context), learnt


def _judged(before: Compressed, step: dict[str, Any], context: Context) -> Compressed:
    """`before` with `step` at the end of its history, and with the scores of the network that `load` restores."""
    after = Compressed(before.model, replace(before.card, history=[*before.card.history, step]))
    metrics = judge(after.deployed(), judged_pairs(before.card, context.source))
    return replace(after, card=replace(after.card, metrics=metrics))
