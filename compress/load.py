"""A compressed checkpoint, its history of steps replayed."""

from dataclasses import dataclass
from pathlib import Path

from compress.graph import export_graph
from compress.quantize import FakeQuantised, Ranges
from train import checkpoint
from train.checkpoint import Card
from train.models.contract import Generator


@dataclass(frozen=True)
class Compressed:
    """A checkpoint's float generator, folded and in evaluation mode; `ranges` if its history has an int8 step."""

    model: Generator
    card: Card
    ranges: Ranges | None

    def deployed(self) -> Generator:
        """The network as its smallest file computes it: with int8 roundings where there are ranges, else in float.

        Raises UserError when the ranges belong to another network.
        """
        return self.model if self.ranges is None else FakeQuantised(export_graph(self.model), self.ranges).eval()


def load(path: Path) -> Compressed:
    """Read a checkpoint; a trained one with no history will do. UserError as for `train.checkpoint.load`."""
    model, card = checkpoint.load(path)
    steps = [step["int8"] for step in card.history if "int8" in step]
    ranges = {name: (low, high) for name, (low, high) in steps[-1]["ranges"].items()} if steps else None
    return Compressed(model.fold().eval(), card, ranges)
