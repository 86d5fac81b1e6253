"""A compressed checkpoint, its history of steps replayed."""

from copy import deepcopy
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from torch.fx import GraphModule

from compress.graph import export_graph
from compress.int8.quantize import FakeQuantised
from compress.pruning.channels import Sizes, shrink
from compress.rounded import to_float16, to_palettes
from operators.levels import Ranges
from train import checkpoint
from train.checkpoint import Card
from train.models.generator import Generator


@dataclass(frozen=True)
class Compressed:
    """A checkpoint's float generator as it was trained, in evaluation mode, and its card with the history of steps."""

    model: Generator
    card: Card

    @cached_property
    def folded(self) -> Generator:
        """The float generator with every training-time reparameterisation folded away; the picture is the same.

        Its weights are rounded where the history has an fp16 or a palettize step. Raises UserError when the palettes
        belong to another network.
        """
        folded = deepcopy(self.model).fold().eval()
        if palettize := self._settings("palettize"):
            return to_palettes(export_graph(folded), palettize["palettes"]).eval()
        return to_float16(export_graph(folded)).eval() if self.float16 else folded

    @cached_property
    def graph(self) -> GraphModule:
        """`folded` as one graph of aten calls."""
        return export_graph(self.folded)

    @property
    def float16(self) -> bool:
        """Whether the history has an fp16 step."""
        return self._settings("fp16") is not None

    @property
    def palette_bits(self) -> int | None:
        """How many bits tell one weight of a kernel from another, if the history has a palettize step."""
        palettize = self._settings("palettize")
        return palettize["bits"] if palettize else None

    @property
    def ranges(self) -> Ranges | None:
        """The int8 ranges, if the history has an int8 step."""
        int8 = self._settings("int8")
        return int8 and {
            name: value_range and (value_range[0], value_range[1]) for name, value_range in int8["ranges"].items()
        }

    def deployed(self) -> Generator:
        """The network as its smallest file computes it: with int8 roundings where there are ranges, else in float.

        Raises UserError when the ranges belong to another network.
        """
        return self.folded if self.ranges is None else FakeQuantised(self.graph, self.ranges).eval()

    def _settings(self, name: str) -> dict[str, Any] | None:
        """Those of the last step of that name."""
        return next((step[name] for step in reversed(_own_steps(self.card.history)) if name in step), None)


def load(path: Path) -> Compressed:
    """Read a checkpoint; a trained one with no history will do. UserError as for `train.checkpoint.load`."""
    return Compressed(*checkpoint.load(path, _replay))


def _replay(model: Generator, history: list[dict[str, Any]]) -> Generator:
    """A freshly built `model` as its steps left it: pruned, and folded for int8."""
    pruned: Sizes = {}
    steps = _own_steps(history)
    for step in steps:
        pruned = step.get("prune", {}).get("sizes", pruned)
    if pruned:
        shrink(model.fold(), pruned)
    if any(step.get("int8", {}).get("folded") for step in steps):
        model.fold()
    return model


def _own_steps(history: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Those since the last distillation, which makes a new network: earlier steps changed another one."""
    last = max((place for place, step in enumerate(history) if "distill" in step), default=-1)
    return history[last + 1 :]
