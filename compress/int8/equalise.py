"""Cross-layer equalisation: channels of one tensor brought to like ranges, so that one int8 scale serves them all.

A channel divided by s where it is made and multiplied by s where it is used gives the same picture, as long as only
operators with f(x / s) = f(x) / s lie between (Nagel et al. 2019, arXiv:1906.04721, section 4.1). Kernels have a scale
for each output channel here, so the producer loses no precision; a channel's range is balanced against the weights of
its consumers, as in SmoothQuant (Xiao et al. 2022, arXiv:2211.10438, equation 4 with alpha 1/2).
"""

from collections.abc import Collection, Iterable
from copy import deepcopy
from typing import Any

import numpy as np
import torch
from torch.fx import GraphModule, Interpreter, Node

from compress.graph import constant, input_of
from operators import table
from operators.entry import Channels, arguments, aten
from train.models.generator import Generator

LEAST = 1e-2  # of its tensor's loudest channel; quieter channels count as this


def equalise(model: Generator, graph: GraphModule, images: Iterable[np.ndarray]) -> Generator:
    """A copy of the folded `model`, whose graph is `graph`, with equalised channels: in float it paints the same.

    `images`: uint8 H x W x 3. Channels that meet anything but convolutions with weights of `model`'s own stay as they
    are; where there are no others, the result is `model` itself.
    """
    wires = _Wires(graph, model.state_dict().keys())
    if wires.fixed.all():
        return model
    scale = wires.scales(_loudness(graph, images))
    equalised = deepcopy(model)
    tensors = equalised.state_dict()
    for node in wires.convolutions:
        x, kernel, bias, *_ = arguments(node).values()
        made, taken = (torch.from_numpy(scale[wires.of[n]]) for n in (node, x))
        weight = tensors[str(kernel.target)]
        weight /= made.view(-1, 1, 1, 1)
        weight *= taken.view(-1, 1, 1, 1) if _is_depthwise(node) else taken.view(1, -1, 1, 1)
        if bias is not None:
            tensors[str(bias.target)].div_(made)
    return equalised


class _Wires:
    """Which channels must share a scale: `of` gives each node's channels a number, and those of one number share it.

    `fixed`: whether the scale of each number is 1. `convolutions`: those whose weights, all in `own`, may change.
    """

    def __init__(self, graph: GraphModule, own: Collection[str]) -> None:
        self.graph = graph
        maps = [node for node in graph.graph.nodes if node.op in ("placeholder", "call_function") and _channels(node)]
        self.convolutions = [node for node in maps if _is_scalable(node, own)]
        ends = np.cumsum([_channels(node) for node in maps])
        self.of = {node: np.arange(end - _channels(node), end) for node, end in zip(maps, ends, strict=True)}
        self.fixed = np.zeros(ends[-1], dtype=bool)
        for node in graph.graph.nodes:
            inputs = [x for x in node.all_input_nodes if x in self.of]
            if not self._pass_on(node, inputs) and node not in self.convolutions:
                for meets in (node, *inputs):
                    self.fixed[self.of.get(meets, [])] = True

    def scales(self, loudness: dict[Node, np.ndarray]) -> np.ndarray:
        """The divisor for the channels of each number, from each channel's greatest absolute value."""
        loud, peak, met = (np.zeros(len(self.fixed), dtype=np.float32) for _ in range(3))
        for node, numbers in self.of.items():
            np.maximum.at(loud, numbers, loudness[node])
            np.maximum.at(peak, numbers, loudness[node].max())
        for node in self.convolutions:
            if not _is_depthwise(node):
                weight = constant(self.graph, arguments(node)["weight"]).abs()
                share = weight / weight.amax((1, 2, 3), keepdim=True).clamp(min=1e-8)
                np.maximum.at(met, self.of[node.all_input_nodes[0]], share.amax((0, 2, 3)).numpy())
        scale = np.maximum(loud, LEAST * peak)
        scale = np.where(met > 0, np.sqrt(scale / np.maximum(met, LEAST)), scale)
        return np.where(self.fixed | (scale == 0), 1, scale).astype(np.float32)

    def _pass_on(self, node: Node, inputs: list[Node]) -> bool:
        """Join `node`'s channels with those of `inputs` that they are made of; False where they are made afresh."""
        if node not in self.of:
            return False
        mine = self.of[node]
        entry = table.of(node)
        if entry.channels is Channels.CONCATENATE and arguments(node)["dim"] == 1:
            self._unite(mine, np.concatenate([self.of[part] for part in arguments(node)["tensors"]]))
        elif entry.channels is Channels.SHUFFLE:
            self._unite(np.repeat(mine, arguments(node)["upscale_factor"] ** 2), self.of[inputs[0]])
        elif (entry.proportional and _channels(inputs[0]) == _channels(node)) or _is_plain_sum(node):
            for x in inputs:
                self._unite(mine, self.of[x])
        else:
            return False
        return True

    def _unite(self, first: np.ndarray, second: np.ndarray) -> None:
        """Give the channels numbered `first` and those numbered `second`, one by one, the same number."""
        first, second = first.copy(), second.copy()
        for index in range(len(first)):
            kept, gone = first[index], second[index]
            for numbers in (*self.of.values(), first, second):
                numbers[numbers == gone] = kept
            if kept != gone:
                self.fixed[kept], self.fixed[gone] = self.fixed[kept] | self.fixed[gone], True


def _channels(node: Node) -> int:
    """Those of a feature map, 0 for anything else."""
    value = node.meta.get("val")
    return value.shape[1] if isinstance(value, torch.Tensor) and value.ndim == 4 else 0


def _is_plain_sum(node: Node) -> bool:
    """Whether `node` is the sum of two feature maps with as many channels as it has."""
    if node.target is not aten.add.Tensor or node.kwargs:
        return False
    return all(isinstance(x, Node) and x.op != "get_attr" and _channels(x) == _channels(node) for x in node.args)


def _is_scalable(node: Node, own: Collection[str]) -> bool:
    """Whether `node` is a convolution, plain or depthwise, with weights in `own` that no other one uses."""
    if node.target is not aten.conv2d.default or not (arguments(node)["groups"] == 1 or _is_depthwise(node)):
        return False
    return all(len(x.users) == 1 and x.target in own for x in node.all_input_nodes if x.op == "get_attr")


def _is_depthwise(node: Node) -> bool:
    return arguments(node)["groups"] == _channels(node) == _channels(node.all_input_nodes[0]) > 1


def _loudness(graph: GraphModule, images: Iterable[np.ndarray]) -> dict[Node, np.ndarray]:
    """The greatest absolute value of each channel of each feature map."""
    meter = _Meter(graph)
    for image in images:
        with torch.inference_mode():
            meter.run(input_of(graph, image))
    return meter.seen


class _Meter(Interpreter):
    """Runs a graph and keeps each channel's greatest absolute value."""

    def __init__(self, graph: GraphModule) -> None:
        super().__init__(graph)
        self.seen: dict[Node, np.ndarray] = {}

    def run_node(self, n: Node) -> Any:
        value = super().run_node(n)
        if n.op in ("placeholder", "call_function") and _channels(n):
            loud = value.abs().amax((0, 2, 3)).numpy()
            self.seen[n] = np.maximum(self.seen.get(n, 0), loud)
        return value
