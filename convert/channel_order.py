"""Channel order of each feature map in a LiteRT or an ONNX file.

PixelShuffle and its inverse number channels (c, dy, dx) in torch and (dy, dx, c) in TensorFlow, as space-to-depth does
in ONNX. If only convolutions and elementwise operators use those channels, all of them work in TensorFlow's order,
at no cost.
"""

from collections import defaultdict

from torch.fx import GraphModule, Node

from compress.graph import join
from operators import table
from operators.channels import TORCH, Order, is_depthwise, shuffled
from operators.entry import Channels, arguments, aten


def channel_orders(graph: GraphModule) -> dict[Node, Order]:
    """The order of each node whose channels differ from torch's order.

    Nodes joined channel by channel share an order; if their users need different ones it is torch's.
    """
    groups = join(graph, lambda node: _feature_maps(node) if _keeps_channels(node) else [])
    wanted: dict[Node, set[Order]] = defaultdict(set)
    for node in graph.graph.nodes:
        for feature_map, order in _wanted_orders(node).items():
            wanted[groups[feature_map]].add(order)
    agreed = {group: orders.pop() for group, orders in wanted.items() if len(orders) == 1}
    return {node: agreed[group] for node, group in groups.items() if agreed.get(group)}


def _wanted_orders(node: Node) -> dict[Node, Order]:
    """The orders required by `node` for its inputs and its own channels; a plain convolution supports any."""
    if node.op == "get_attr" or _keeps_channels(node):
        return {}
    if node.target is aten.conv2d.default and arguments(node)["groups"] == 1:
        return {}
    wanted = dict.fromkeys([node, *_feature_maps(node)], TORCH)
    channels = table.of(node).channels
    if channels is Channels.UNSHUFFLE:
        wanted[node] = shuffled(node)
    elif channels is Channels.SHUFFLE:
        wanted[node.all_input_nodes[0]] = shuffled(node)
    return wanted


def _keeps_channels(node: Node) -> bool:
    """Whether each channel of the result comes from just that channel of every input."""
    if table.of(node).channels not in (Channels.KEEP, Channels.NORMALISE) or node.meta["val"].ndim != 4:
        return is_depthwise(node)
    return len({x.meta["val"].shape[1] for x in [node, *_feature_maps(node)]}) == 1


def _feature_maps(node: Node) -> list[Node]:
    return [x for x in node.all_input_nodes if x.op != "get_attr"]
