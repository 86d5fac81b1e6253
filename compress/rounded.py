"""Weights with fewer bits than training left them, decided once and in torch; every target writes just these.

float16: each weight by itself. Palettes: the weights of a convolution become one of 16 or 64 values, which Core ML
stores once, and for each weight its place among them (k-means: Han et al. 2015, arXiv:1510.00149).
"""

from collections.abc import Callable

import numpy as np
import torch
from torch import nn
from torch.fx import Graph, GraphModule, Node

from compress.graph import constant
from compress.int8.quantize import CONVOLUTIONS
from operators.entry import arguments
from pix2phone.errors import UserError
from train.models.generator import Generator

Palettes = dict[str, list[float]]
FIRST_GUESSES = 4  # k-means keeps the best of as many
ENDS_BITS = 6  # where the picture enters and leaves; 4 bits there leave a grid that can be seen


class Rounded(Generator):
    """`graph`, made by compress.graph.export_graph, with the weights behind each get_attr node as `change` gives them.

    N x 3 x H x W in [0, 1] to the same; the weights of `graph` itself stay as they are.
    """

    def __init__(self, graph: GraphModule, change: Callable[[Node, torch.Tensor], torch.Tensor]) -> None:
        super().__init__()
        self.spec = graph.meta["spec"]
        nodes = [node for node in graph.graph.nodes if node.op == "get_attr"]
        tensors = {node.target: nn.Parameter(change(node, constant(graph, node)), False) for node in nodes}
        copy = Graph()
        copy.output(copy.graph_copy(graph.graph, {}))
        self.network = GraphModule(tensors, copy)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        return self.network(image)


def to_float16(graph: GraphModule) -> Rounded:
    """`graph` with every weight rounded to float16."""
    return Rounded(graph, lambda _, weights: weights.half().float())


def to_palettes(graph: GraphModule, palettes: Palettes) -> Rounded:
    """`graph` with every kernel's weights moved to the nearest value of its palette.

    Raises UserError when `palettes` belongs to another network.
    """
    kernels = _kernels(graph)
    for name in sorted(palettes.keys() ^ set(kernels.values())):
        what = "is not in this network" if name in palettes else "is missing"
        raise UserError(f"palettes: {name}: {what}; decide them again with python -m compress --palettize 4")

    def change(node: Node, weights: torch.Tensor) -> torch.Tensor:
        return _nearest(weights, torch.tensor(palettes[kernels[node]])) if node in kernels else weights

    return Rounded(graph, change)


def choose_palettes(graph: GraphModule, bits: int) -> Palettes:
    """At most 2^`bits` float16 values for the weights of each convolution, by its name in `graph`, in rising order.

    The first and the last convolution, which are small and touch every pixel, get `ENDS_BITS` at the least.
    """
    kernels = _kernels(graph)
    names = list(kernels.values())
    sizes = dict.fromkeys(names, bits) | dict.fromkeys((names[0], names[-1]), max(bits, ENDS_BITS))
    return {name: _cluster(constant(graph, kernel), 2 ** sizes[name]) for kernel, name in kernels.items()}


def table_bits(count: int, bits: int) -> int:
    """The bits of a place in a table of `count` values, where most tables have 2^`bits`."""
    return bits if count <= 2**bits else ENDS_BITS


def stored_bytes(graph: GraphModule, palettes: Palettes, bits: int) -> int:
    """Bytes of the weights in a Core ML package, without its padding: places and tables for kernels, else float16."""
    kernels = _kernels(graph)
    total = 0
    for node in graph.graph.nodes:
        if node.op == "get_attr":
            count = constant(graph, node).numel()
            width = table_bits(len(palettes[kernels[node]]), bits) if node in kernels else 16
            total += -(-width * count // 8) + (2 * 2**width if node in kernels else 0)
    return total


def _kernels(graph: GraphModule) -> dict[Node, str]:
    """The get_attr node of each kernel, with the name of the convolution that uses it."""
    convolutions = [node for node in graph.graph.nodes if node.target in CONVOLUTIONS]
    return {arguments(node)["weight"]: node.name for node in convolutions}


def _cluster(weights: torch.Tensor, count: int) -> list[float]:
    """k-means over the weights; those that are one number in float16 count as one point, as often as they occur."""
    from sklearn.cluster import KMeans

    values, occurrences = np.unique(weights.half().numpy(), return_counts=True)
    if len(values) > count:
        means = KMeans(count, n_init=FIRST_GUESSES, random_state=0)
        means.fit(values.astype(np.float64)[:, None], sample_weight=occurrences)
        values = np.unique(means.cluster_centers_.astype(np.float16))
    return values.astype(float).tolist()


def _nearest(weights: torch.Tensor, palette: torch.Tensor) -> torch.Tensor:
    """Each weight's nearest value of a palette in rising order; of two as near, the lower one."""
    between = (palette[1:] + palette[:-1]) / 2
    return palette[torch.bucketize(weights, between)]
