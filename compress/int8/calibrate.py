"""The range of every int8 value, decided on photos by one of a few rules."""

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch.fx import GraphModule, Interpreter, Node

from compress.graph import input_of, picture_of
from compress.int8.quantize import quantised
from operators.levels import STEPS, Range, Ranges

BINS = 2048
OUTLIERS = 1e-4  # the share of values that the percentile rule leaves outside, at either end
NARROWED = np.linspace(0.3, 1.0, 29)  # the shares of its full range that the rule of least squares tries at each end


@dataclass
class Histogram:
    """Counts of values in `BINS` equal bins from `low` to `high`."""

    low: float = 0.0
    high: float = 0.0
    counts: np.ndarray | None = None

    def widen(self, value: torch.Tensor) -> None:
        """Make room for `value` and for zero."""
        self.low, self.high = min(self.low, value.min().item()), max(self.high, value.max().item())

    def count(self, value: torch.Tensor) -> None:
        """Add the values of a tensor."""
        counts = torch.histc(value.float(), BINS, self.low, self.high).numpy()
        self.counts = counts if self.counts is None else self.counts + counts


def calibrate(graph: GraphModule, images: Iterable[np.ndarray], rule: str = "min-max") -> Ranges:
    """The range (low, high) of every quantised node of `graph` over photos, uint8 H x W x 3, by a rule of `RULES`.

    Both ends and zero are exact multiples of the range's scale, (high - low) / 255. Nodes that only move values share
    one range; that of the input and of the output is (0, 1), so that their bytes are plain RGB.
    """
    return decide(graph, observe(graph, images), rule)


def observe(graph: GraphModule, images: Iterable[np.ndarray]) -> dict[Node, Histogram]:
    """Histograms of the values of each group of quantised nodes over photos, by the node that represents the group."""
    groups = quantised(graph)
    seen = {group: Histogram() for group in groups.values()}
    photos = list(images)
    for see in (Histogram.widen, Histogram.count):
        observer = _Observer(graph, groups, seen, see)
        for photo in photos:
            with torch.inference_mode():
                observer.run(input_of(graph, photo))
    return seen


def decide(graph: GraphModule, seen: dict[Node, Histogram], rule: str) -> Ranges:
    """Ranges as `calibrate` gives them, from the histograms of `observe`."""
    groups = quantised(graph)
    pictures = {groups[node] for node in groups if node.op == "placeholder" or node is picture_of(graph)}
    ranges = {group: (0.0, 1.0) if group in pictures else nudge(*RULES[rule](seen[group])) for group in seen}
    return {node.name: ranges[group] for node, group in groups.items()}


def nudge(low: float, high: float) -> Range:
    """(low, high), widened to hold zero and moved by less than a step so that zero is one of its 256 levels."""
    low, high = min(low, 0.0), max(high, 0.0)
    scale = (high - low) / STEPS or 1 / STEPS
    zero = math.floor(-low / scale + 0.5)
    return -zero * scale, (STEPS - zero) * scale


def _percentile(seen: Histogram) -> Range:
    """All but the `OUTLIERS` least and greatest values."""
    assert seen.counts is not None
    below = np.cumsum(seen.counts) / np.sum(seen.counts)
    edges = np.linspace(seen.low, seen.high, BINS + 1)
    return edges[np.searchsorted(below, OUTLIERS)], edges[np.searchsorted(below, 1 - OUTLIERS) + 1]


def _least_squares(seen: Histogram) -> Range:
    """The range whose roundings and clipping move the values least, in the mean of squares."""
    edges = np.linspace(seen.low, seen.high, BINS + 1)
    centres = (edges[1:] + edges[:-1]) / 2

    def error(value_range: Range) -> float:
        low, high = nudge(*value_range)
        scale = (high - low) / STEPS
        rounded = np.round(np.clip(centres, low, high) / scale) * scale
        return float(np.sum(seen.counts * (rounded - centres) ** 2))

    lows, highs = (NARROWED * end if end else [0.0] for end in (seen.low, seen.high))
    return min(((low, high) for low in lows for high in highs), key=error)


RULES: dict[str, Callable[[Histogram], Range]] = {
    "min-max": lambda seen: (seen.low, seen.high),
    "percentile": _percentile,
    "least squares": _least_squares,
}


class _Observer(Interpreter):
    """Runs a graph and shows each group's histogram the values of its nodes."""

    def __init__(
        self,
        graph: GraphModule,
        groups: dict[Node, Node],
        seen: dict[Node, Histogram],
        see: Callable[[Histogram, torch.Tensor], None],
    ) -> None:
        super().__init__(graph)
        self.groups, self.seen, self.see = groups, seen, see

    def run_node(self, n: Node) -> Any:
        value = super().run_node(n)
        if n in self.groups:
            self.see(self.seen[self.groups[n]], value)
        return value
