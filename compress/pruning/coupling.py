"""Which channels of a generator's layers are one: a rule for each kind of operator on torch.export's graph.

torch-pruning has a search of its own (DepGraph: Fang et al. 2023, arXiv:2301.12900), on autograd's graph; but it takes
a pixel shuffle for an elementwise operator, loses its place in a concatenation that follows one, and ties an
attention's queries to its values through the softmax.
"""

import math
from typing import Any

import numpy as np
import torch
from torch.fx import Node

from operators import table
from operators.entry import Channels, arguments
from train.models.generator import Generator

Side = tuple[str, str]  # a layer's name, and "out" or "in"
Ids = np.ndarray  # a number for each channel; those that are one have one number
Labels = dict[int, Ids]  # for the dimensions of a value that are channels


class Coupling:
    """The channels of `model`, whose reparameterisations are folded, on a picture of `side` x `side`.

    `found`: the numbers at both sides of every convolution, at the output of every batch norm and depthwise
    convolution. `products`: (a, [numbers, ...]) for a times the product of their counts multiplications. `fixed`: the
    channels that must stay: the pictures' own, and those that go through an operator without a rule here. Two numbers
    are the same channel when `root` of both is one.
    """

    def __init__(self, model: Generator, side: int) -> None:
        self.found: dict[Side, Ids] = {}
        self.products: list[tuple[float, list[Ids]]] = []
        self.fixed: list[Ids] = []
        self.parent: list[int] = []
        self._labels: dict[Node, Labels] = {}
        rules = {
            Channels.KEEP: self._join,
            Channels.CONVOLVE: self._convolve,
            Channels.NORMALISE: self._normalise,
            Channels.CONCATENATE: self._concatenate,
            Channels.SHUFFLE: self._shuffle,
            Channels.UNSHUFFLE: self._unshuffle,
            Channels.VIEW: self._view,
            Channels.TRANSPOSE: self._transpose,
            Channels.MULTIPLY: self._multiply,
            Channels.OTHER: self._give_up,
        }
        with torch.no_grad():
            example = tuple(model.spec.example(side, side).values())
            graph = torch.export.export(model.eval(), example).module(check_guards=False).graph
        for node in graph.nodes:
            self._labels[node] = rules[table.of(node).channels](node)

    def roots(self, ids: Ids) -> Ids:
        """The one number for each of `ids` that stands for all that are the same channel."""
        return np.array([self._root(one) for one in ids.tolist()], dtype=np.int64)

    def _convolve(self, node: Node) -> Labels:
        x, weight, groups = _node(node, 0), _node(node, 1), arguments(node)["groups"]
        out, within, *kernel = _shape(weight)
        ids = self._labels[x].get(1)
        each = math.prod(_shape(node)[2:]) * math.prod(kernel)
        if ids is not None and groups == out == len(ids) > 1:
            self.products.append((each, [self._occur(weight, "out", ids)]))
            return {1: ids}
        made = self._occur(weight, "out", self._fresh(out))
        if groups == 1 and ids is not None:
            self.products.append((each, [made, self._occur(weight, "in", ids)]))
            return {1: made}
        self._give_up(node)
        self.products.append((each * within, [made]))
        return {1: made} if groups == 1 else self._fix({1: made})

    def _normalise(self, node: Node) -> Labels:
        labels = self._labels[_node(node, 0)]
        tensors = [x for x in node.all_input_nodes if x.op == "get_attr"]
        if 1 in labels and tensors:
            self._occur(tensors[0], "out", labels[1])
        return labels

    def _join(self, node: Node) -> Labels:
        """Channels that meet at one place are one; those that meet a constant for each of them, or are cut, stay."""
        joined: Labels = {}
        for dimension, size in enumerate(_shape(node)):
            # From the last dimension, as broadcasting counts.
            places = {source: dimension - len(_shape(node)) + len(_shape(source)) for source in node.all_input_nodes}
            here = [source for source, place in places.items() if place >= 0 and _shape(source)[place] == size]
            ids = [self._labels[s][places[s]] for s in here if places[s] in self._labels[s]]
            for other in ids[1:]:
                self._unite(ids[0], other)
            cut = [s for s, place in places.items() if place >= 0 and 1 < _shape(s)[place] != size]
            self.fixed += [self._labels[s][places[s]] for s in cut if places[s] in self._labels[s]]
            if ids:
                joined[dimension] = ids[0]
                self.fixed += ids if len(ids) < len(here) else []
        return joined

    def _concatenate(self, node: Node) -> Labels:
        parts = [(part, self._labels[part].get(1)) for part in node.all_input_nodes]
        if arguments(node)["dim"] != 1:
            return self._give_up(node)
        fixed = [self._fix({1: self._fresh(_shape(part)[1])})[1] if ids is None else ids for part, ids in parts]
        return {1: np.concatenate(fixed)}

    def _shuffle(self, node: Node) -> Labels:
        """An output channel is made of r x r input channels that follow each other."""
        ids = self._labels[_node(node, 0)].get(1)
        if ids is None:
            return {}
        blocks = ids.reshape(_shape(node)[1], -1)
        for column in blocks.T[1:]:
            self._unite(blocks[:, 0], column)
        return {1: blocks[:, 0]}

    def _unshuffle(self, node: Node) -> Labels:
        ids = self._labels[_node(node, 0)].get(1)
        return {} if ids is None else {1: np.repeat(ids, _shape(node)[1] // len(ids))}

    def _view(self, node: Node) -> Labels:
        """Dimensions before the first one that changes stay unchanged."""
        labels, before = self._labels[_node(node, 0)], _shape(_node(node, 0))
        kept = {d: ids for d, ids in labels.items() if before[: d + 1] == _shape(node)[: d + 1]}
        self._fix({d: ids for d, ids in labels.items() if d not in kept})
        return kept

    def _transpose(self, node: Node) -> Labels:
        given = arguments(node)
        first, second = given["dim0"] % len(_shape(node)), given["dim1"] % len(_shape(node))
        swap = {first: second, second: first}
        return {swap.get(d, d): ids for d, ids in self._labels[_node(node, 0)].items()}

    def _multiply(self, node: Node) -> Labels:
        """N x I x J times N x J x K: J of the one is J of the other."""
        a, b = (self._labels[_node(node, index)] for index in (0, 1))
        inner = [ids for ids in (a.get(2), b.get(1)) if ids is not None]
        if len(inner) == 2:
            self._unite(*inner)
        self.fixed += inner if len(inner) == 1 else []
        sizes = {0: _shape(node)[1], 1: _shape(_node(node, 0))[2], 2: _shape(node)[2]}
        ids = {0: a.get(1), 1: inner[0] if inner else None, 2: b.get(2)}
        each = math.prod(size for place, size in sizes.items() if ids[place] is None)
        self.products.append((each, [one for one in ids.values() if one is not None]))
        return {d: one for d, one in ((1, ids[0]), (2, ids[2])) if one is not None}

    def _give_up(self, node: Node) -> Labels:
        for source in node.all_input_nodes:
            self._fix(self._labels[source])
        return self._fix({1: self._fresh(_shape(node)[1])}) if node.op == "placeholder" else {}

    def _fix(self, labels: Labels) -> Labels:
        self.fixed += labels.values()
        return labels

    def _occur(self, tensor: Node, side: str, ids: Ids) -> Ids:
        """`ids` are the channels at that side of the layer whose `tensor` is given."""
        key = str(tensor.target).rpartition(".")[0], side
        if key in self.found:  # a layer that is used twice
            self._unite(self.found[key], ids)
        self.found[key] = ids
        return ids

    def _fresh(self, count: int) -> Ids:
        ids = np.arange(len(self.parent), len(self.parent) + count)
        self.parent += ids.tolist()
        return ids

    def _unite(self, some: Ids, others: Ids) -> None:
        for one, other in zip(some.tolist(), others.tolist(), strict=True):
            self.parent[self._root(one)] = self._root(other)

    def _root(self, one: int) -> int:
        while self.parent[one] != one:
            one = self.parent[one]
        return one


def _node(node: Node, index: int) -> Node:
    argument: Any = node.args[index]
    return argument


def _shape(node: Node) -> tuple[int, ...]:
    return tuple(node.meta["val"].shape)
