"""The channels of a generator that can be pruned, the cost of each, and the surgery (torch-pruning's)."""

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from torch import nn
from torch_pruning.ops import module2type
from torch_pruning.pruner.function import PrunerBox

from compress.pruning.coupling import Coupling, Ids, Side
from pix2phone.errors import UserError
from train.models.generator import Generator

COUNTED_SIDE = 512
Sizes = dict[str, dict[str, int]]  # for each layer, how many channels it has "out", and "in" where that is another set


class Channels:
    """The prunable channels of `model`, whose reparameterisations are folded.

    `sides`: a number for each channel at each side of the layers; the same number must go everywhere at once.
    `groups`: the numbers that may go, those together that occur in the same layers and so cost the same. The channels
    of the pictures at both ends are in no group.
    """

    def __init__(self, model: Generator) -> None:
        coupling = Coupling(model, COUNTED_SIDE)
        self.sides = {side: coupling.roots(ids) for side, ids in coupling.found.items()}
        fixed = {one for ids in coupling.fixed for one in coupling.roots(ids).tolist()}
        self.groups = _group(self.sides, fixed)
        group_of = np.full(len(coupling.parent), len(self.groups))
        for index, group in enumerate(self.groups):
            group_of[group] = index
        counts = np.array([*self.full, 1])
        self._products = [
            (each, [np.bincount(group_of[coupling.roots(ids)], minlength=len(counts)) / counts for ids in factors])
            for each, factors in coupling.products
        ]

    @property
    def full(self) -> list[int]:
        """How many channels each group has."""
        return [len(group) for group in self.groups]

    def gmacs(self, kept: Sequence[int]) -> float:
        """Thousand millions of multiply-accumulates at 512 x 512 when each group keeps so many of its channels."""
        counts = np.array([*kept, 1])
        products = ((each, [float(factor @ counts) for factor in factors]) for each, factors in self._products)
        return sum(each * math.prod(found) for each, found in products) / 1e9

    def without(self, gone: Iterable[int]) -> dict[Side, list[int]]:
        """The places, at each side that has some, of the channels whose numbers are in `gone`."""
        numbers = list(gone)
        places = {side: np.flatnonzero(np.isin(ids, numbers)).tolist() for side, ids in self.sides.items()}
        return {side: found for side, found in places.items() if found}


def cut(model: nn.Module, places: Mapping[Side, Sequence[int]]) -> None:
    """Take the channels at those places from the layers of `model`, in place."""
    for (name, side), numbers in places.items():
        layer = model.get_submodule(name)
        pruner = PrunerBox[module2type(layer)]
        take = pruner.prune_out_channels if side == "out" else pruner.prune_in_channels
        take(layer, list(numbers))


def sizes(model: nn.Module, sides: Iterable[Side]) -> Sizes:
    """The number of channels of the layers of `model` at those sides, as `shrink` takes it."""
    counts: Sizes = defaultdict(dict)
    for name, side in sides:
        counts[name][side] = _count(model.get_submodule(name), side)
    return dict(counts)


def shrink(model: nn.Module, wanted: Sizes) -> None:
    """Give the layers of `model` those numbers of channels, in place; which ones go is of no matter to a fresh model.

    Raises UserError for layers that `model` has not, or that are too small already.
    """
    places: dict[Side, Sequence[int]] = {}
    for name, sides in wanted.items():
        for side, count in sides.items():
            try:
                places[name, side] = range(count, _count(model.get_submodule(name), side))
            except (AttributeError, KeyError):
                raise UserError(f"prune: {name}: no layer of this model; make the file again") from None
    cut(model, places)


def _count(layer: nn.Module, side: str) -> int:
    pruner = PrunerBox[module2type(layer)]
    return pruner.get_out_channels(layer) if side == "out" else pruner.get_in_channels(layer)


def _group(sides: dict[Side, Ids], fixed: set[int]) -> list[Ids]:
    occurrences: dict[int, list[int]] = defaultdict(list)
    for place, ids in enumerate(sides.values()):
        for one in ids.tolist():
            occurrences[one].append(place)
    groups: dict[tuple[int, ...], list[int]] = defaultdict(list)
    for one, places in occurrences.items():
        if one not in fixed:
            groups[tuple(places)].append(one)
    return [np.array(group) for group in groups.values()]
