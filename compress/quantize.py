"""int8 scales, decided once and in torch; every target of `convert` takes them from the checkpoint.

Activations: 8 bits with one scale and zero point for the whole tensor; weights: 8 bits, symmetric, a scale for each
output channel (Jacob et al. 2018, arXiv:1712.05877; Krishnamoorthi 2018, arXiv:1806.08342).
"""

import math
from collections.abc import Iterable
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.fx import Graph, GraphModule, Interpreter, Node

from compress.graph import arguments, aten, constant, join, picture_of
from pix2phone.errors import UserError
from train.models.contract import Generator, pad_to_multiple

Ranges = dict[str, tuple[float, float]]
STEPS = 255
CONVOLUTIONS = (aten.conv2d.default, aten.conv1d.default)
ACTIVATIONS = (aten.relu.default, aten.clamp.default)
FUSED = (aten.conv2d.default, aten.add.Tensor)  # an activation that follows becomes a part of these
MOVES = (  # what only moves or picks values leaves their scale as it is
    aten.pixel_shuffle.default,
    aten.pixel_unshuffle.default,
    aten.cat.default,
    aten.max_pool2d.default,
    aten.avg_pool2d.default,
    aten.upsample_nearest2d.vec,
    aten.view.default,
)


def calibrate(graph: GraphModule, images: Iterable[np.ndarray]) -> Ranges:
    """The range (low, high) of every quantised node of `graph` over photos, uint8 H x W x 3 of any size.

    Both ends and zero are exact multiples of the range's scale, (high - low) / 255. Nodes that only move values share
    one range; that of the input and of the output is (0, 1), so that their bytes are plain RGB.
    """
    groups = quantised(graph)
    observer = _Observer(graph, groups)
    for image in images:
        picture = torch.from_numpy(image).permute(2, 0, 1)[None].float() / 255
        with torch.inference_mode():
            observer.run(pad_to_multiple(picture, graph.meta["spec"].multiple))
    pictures = {groups[node] for node in groups if node.op == "placeholder" or node is picture_of(graph)}
    return {
        node.name: (0.0, 1.0) if group in pictures else nudge(*observer.seen[group]) for node, group in groups.items()
    }


def quantised(graph: GraphModule) -> dict[Node, Node]:
    """The nodes whose output is 8 bits wide, each with the one that stands for all those of the same range.

    Feature maps are; what attention makes of them stays in float, where a softmax over thousands of places needs it.
    """
    chosen = [node for node in graph.graph.nodes if _is_feature_map(node) and not _is_fused(node)]
    members = set(chosen)
    groups = join(
        graph, lambda node: [n for n in node.all_input_nodes if node.target in MOVES and members >= {n, node}]
    )
    return {node: groups[node] for node in chosen}


def nudge(low: float, high: float) -> tuple[float, float]:
    """(low, high), widened to hold zero and moved by less than a step so that zero is one of its 256 levels."""
    low, high = min(low, 0.0), max(high, 0.0)
    scale = (high - low) / STEPS or 1 / STEPS
    zero = math.floor(-low / scale + 0.5)
    return -zero * scale, (STEPS - zero) * scale


class FakeQuantised(Generator):
    """`graph` in float arithmetic with every rounding of its int8 files: 1 x 3 x H x W in [0, 1] to the same.

    Raises UserError when `ranges` belongs to another network.
    """

    def __init__(self, graph: GraphModule, ranges: Ranges) -> None:
        super().__init__()
        check_ranges(graph, ranges)
        self.spec = graph.meta["spec"]
        self.network = _insert_roundings(graph, ranges)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        return self.network(image)


def check_ranges(graph: GraphModule, ranges: Ranges) -> None:
    """UserError unless `ranges` names just the quantised nodes of `graph`."""
    for name in sorted(ranges.keys() ^ {node.name for node in quantised(graph)}):
        what = "is not in this network" if name in ranges else "is missing"
        raise UserError(f"int8 ranges: {name}: {what}; decide them again with python -m compress --int8")


class _Observer(Interpreter):
    """Runs a graph and keeps the least and the greatest value of each group of nodes."""

    def __init__(self, graph: GraphModule, groups: dict[Node, Node]) -> None:
        super().__init__(graph)
        self.groups = groups
        self.seen = {group: (0.0, 0.0) for group in groups.values()}

    def run_node(self, n: Node) -> Any:
        value = super().run_node(n)
        if n in self.groups:
            low, high = self.seen[self.groups[n]]
            self.seen[self.groups[n]] = min(low, value.min().item()), max(high, value.max().item())
        return value


def _is_feature_map(node: Node) -> bool:
    if node.op not in ("placeholder", "call_function") or not isinstance(node.meta["val"], torch.Tensor):
        return False
    return node.meta["val"].ndim == 4 or node.target is aten.conv1d.default or node.target is aten.view.default


def _is_fused(node: Node) -> bool:
    """Whether only an activation sees the node's values, and computes them along with its own."""
    users = [user for user in node.users if isinstance(user.meta.get("val"), torch.Tensor)]
    return node.target in FUSED and len(users) == 1 and users[0].target in ACTIVATIONS


def _insert_roundings(graph: GraphModule, ranges: Ranges) -> GraphModule:
    """A copy of `graph` that rounds at the ends named in `ranges`, over rounded kernels."""
    kernels = {arguments(node)["weight"] for node in graph.graph.nodes if node.target in CONVOLUTIONS}
    fresh, tensors = Graph(), {}
    copies: dict[Node, Node] = {}
    for node in graph.graph.nodes:
        copy = copies[node] = fresh.node_copy(node, copies.__getitem__)
        if node.op == "get_attr":
            weights = constant(graph, node)
            rounded = _round_kernel(weights) if node in kernels else weights
            tensors[node.target] = nn.Parameter(rounded, requires_grad=False)
        elif node.name in ranges:
            low, high = ranges[node.name]
            scale = (high - low) / STEPS
            rounding = (copy, scale, round(-low / scale), 0, STEPS)
            copies[node] = fresh.call_function(torch.fake_quantize_per_tensor_affine, rounding)
    return GraphModule(tensors, fresh)


def _round_kernel(kernel: torch.Tensor) -> torch.Tensor:
    """Each output channel (dimension 0) to multiples of a 127th of its greatest weight."""
    scales = kernel.abs().flatten(1).amax(1).clamp(min=1e-8) / 127
    return torch.fake_quantize_per_channel_affine(kernel, scales, torch.zeros_like(scales).int(), 0, -127, 127)
