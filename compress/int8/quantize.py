"""int8 scales, decided once and in torch; every target of `convert` takes them from the checkpoint.

Activations: 8 bits with one scale and zero point for the whole tensor; weights: 8 bits, symmetric, a scale for each
output channel (Jacob et al. 2018, arXiv:1712.05877; Krishnamoorthi 2018, arXiv:1806.08342).
"""

from collections.abc import Collection

import torch
from torch import nn
from torch.fx import Graph, GraphModule, Node

from compress.graph import check_inputs, constant, join
from operators import table
from operators.entry import Channels, Int8, arguments
from operators.levels import STEPS, Ranges, kernel_scales, scale_and_zero
from pix2phone.errors import UserError
from train.models.generator import Generator

CONVOLUTIONS = table.targets(lambda entry: entry.int8 is Int8.KERNEL)
LENGTHS = (Channels.CONVOLVE, Channels.VIEW)  # operators whose flattened feature maps are rounded too


def quantised(graph: GraphModule) -> dict[Node, Node]:
    """The nodes whose output is 8 bits wide, each with the one that stands for all those of the same range.

    These are feature maps; attention's intermediate results stay in float: its softmax covers thousands of positions.
    """
    chosen = [node for node in graph.graph.nodes if _is_feature_map(node) and not _is_fused(node)]
    members = set(chosen)

    def same_range(node: Node) -> list[Node]:
        moves = table.of(node).int8 is Int8.MOVES
        return [x for x in node.all_input_nodes if moves and members >= {x, node}]

    groups = join(graph, same_range)
    return {node: groups[node] for node in chosen}


def int8_convolutions(graph: GraphModule, ranges: Ranges) -> set[Node]:
    """The convolutions whose kernel has 8 bits: those that take a rounded value and give one."""
    return {
        node
        for node in graph.graph.nodes
        if node.target in CONVOLUTIONS and ranges.get(node.all_input_nodes[0].name) and ranges.get(end_of(node).name)
    }


def end_of(node: Node) -> Node:
    """The node that holds the output of `node`: itself, or the activation that is fused into it."""
    return _tensor_users(node)[0] if _is_fused(node) else node


class FakeQuantised(Generator):
    """`graph` in float arithmetic with every rounding of its int8 files: 1 x 3 x H x W in [0, 1] to the same.

    It holds the float weights and rounds them on the way; gradients go straight through all roundings, and are zero
    where a value leaves its range (Bengio et al. 2013, arXiv:1308.3432). `kernels`: the convolutions whose kernel is
    rounded, by default those that int8 files compute in 8 bits. Raises UserError when `ranges` belongs to another
    network.
    """

    def __init__(self, graph: GraphModule, ranges: Ranges, kernels: Collection[Node] | None = None) -> None:
        super().__init__()
        check_ranges(graph, ranges)
        self.spec = graph.meta["spec"]
        kernels = int8_convolutions(graph, ranges) if kernels is None else kernels
        self.network = _insert_roundings(graph, ranges, kernels)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        return self.network(image)


def check_ranges(graph: GraphModule, ranges: Ranges) -> None:
    """UserError unless `graph` takes a picture alone, and `ranges` names just its quantised nodes."""
    check_inputs(graph)
    for name in sorted(ranges.keys() ^ {node.name for node in quantised(graph)}):
        what = "is not in this network" if name in ranges else "is missing"
        raise UserError(f"int8 ranges: {name}: {what}; decide them again with python -m compress --int8")


def round_kernel(kernel: torch.Tensor) -> torch.Tensor:
    """Each output channel to multiples of its scale."""
    scales = kernel_scales(kernel)
    return torch.fake_quantize_per_channel_affine(kernel, scales, torch.zeros_like(scales).int(), 0, -127, 127)


def _is_feature_map(node: Node) -> bool:
    if node.op not in ("placeholder", "call_function") or not isinstance(node.meta["val"], torch.Tensor):
        return False
    return node.meta["val"].ndim == 4 or table.of(node).channels in LENGTHS


def _is_fused(node: Node) -> bool:
    """Whether only an activation sees the node's values, and computes them along with its own."""
    users = _tensor_users(node)
    is_alone = table.of(node).takes_activation and len(users) == 1
    return is_alone and table.of(users[0]).int8 is Int8.ACTIVATION


def _tensor_users(node: Node) -> list[Node]:
    """Those that see the values of `node`, not just its sides."""
    return [user for user in node.users if isinstance(user.meta.get("val"), torch.Tensor)]


def _insert_roundings(graph: GraphModule, ranges: Ranges, kernels: Collection[Node]) -> GraphModule:
    """A copy of `graph` that rounds at the ends of `ranges`, and the kernels of the convolutions `kernels`."""
    fresh, tensors = Graph(), {}
    copies: dict[Node, Node] = {}
    for node in graph.graph.nodes:
        if node.op == "get_attr":
            tensors[node.target] = nn.Parameter(constant(graph, node).clone())
        elif node in kernels:
            kernel = arguments(node)["weight"]
            copies[kernel] = fresh.call_function(round_kernel, (fresh.get_attr(str(kernel.target)),))
        copies[node] = fresh.node_copy(node, copies.__getitem__)
        if value_range := ranges.get(node.name):
            rounding = (copies[node], *scale_and_zero(value_range), 0, STEPS)
            copies[node] = fresh.call_function(torch.fake_quantize_per_tensor_affine, rounding)
    return GraphModule(tensors, fresh)
