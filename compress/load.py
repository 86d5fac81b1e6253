"""A compressed checkpoint, its history of steps replayed."""

from copy import deepcopy
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from compress.graph import export_graph
from compress.quantize import FakeQuantised, Ranges
from train import checkpoint
from train.checkpoint import Card
from train.models.contract import Generator


@dataclass(frozen=True)
class Compressed:
    """A checkpoint's float generator as it was trained, in evaluation mode, and its card with the history of steps."""

    model: Generator
    card: Card

    @cached_property
    def folded(self) -> Generator:
        """The float generator with every training-time reparameterisation folded away; the picture is the same."""
        return deepcopy(self.model).fold().eval()

    @property
    def ranges(self) -> Ranges | None:
        """The int8 ranges, if the history has an int8 step."""
        steps = [step["int8"] for step in self.card.history if "int8" in step]
        return {name: (low, high) for name, (low, high) in steps[-1]["ranges"].items()} if steps else None

    def deployed(self) -> Generator:
        """The network as its smallest file computes it: with int8 roundings where there are ranges, else in float.

        Raises UserError when the ranges belong to another network.
        """
        return self.folded if self.ranges is None else FakeQuantised(export_graph(self.folded), self.ranges).eval()


def load(path: Path) -> Compressed:
    """Read a checkpoint; a trained one with no history will do. UserError as for `train.checkpoint.load`."""
    return Compressed(*checkpoint.load(path))
