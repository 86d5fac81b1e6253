"""Which order the channels of each feature map have in a LiteRT or an ONNX file.

PixelShuffle and its inverse number channels (c, dy, dx) in torch and (dy, dx, c) in TensorFlow, as space-to-depth does
in ONNX. Where only convolutions and elementwise operators touch those channels, all of them work in TensorFlow's order,
which costs nothing.
"""

from collections import defaultdict

import numpy as np
from torch.fx import GraphModule, Node

from compress.graph import arguments, aten, join

Order = tuple[int, ...]  # which of torch's channels stands at each place
TORCH: Order = ()
PER_CHANNEL = (
    aten.relu.default,
    aten.clamp.default,
    aten.add.Tensor,
    aten.sub.Tensor,
    aten.mul.Tensor,
    aten.max_pool2d.default,
    aten.avg_pool2d.default,
)


def shuffled(node: Node) -> Order:
    """The order that TensorFlow's counterpart of a pixel_shuffle takes, or that of a pixel_unshuffle gives."""
    x, factor = arguments(node).values()
    deep = x if node.target is aten.pixel_shuffle.default else node
    channels = np.arange(deep.meta["val"].shape[1])
    return tuple(channels.reshape(-1, factor**2).T.flatten().tolist())


def channel_orders(graph: GraphModule) -> dict[Node, Order]:
    """The order of each node whose channels are not in torch's.

    Nodes that are joined channel by channel share an order; where their users want different ones it is torch's.
    """
    groups = join(graph, lambda node: _feature_maps(node) if _keeps_channels(node) else [])
    wanted: dict[Node, set[Order]] = defaultdict(set)
    for node in graph.graph.nodes:
        for feature_map, order in _wishes(node).items():
            wanted[groups[feature_map]].add(order)
    agreed = {group: orders.pop() for group, orders in wanted.items() if len(orders) == 1}
    return {node: agreed[group] for node, group in groups.items() if agreed.get(group)}


def ordered(orders: dict[Node, Order], node: Node, weights: np.ndarray, axis: int) -> np.ndarray:
    """`weights` with the channels of `node` along `axis`, in the order that those have in the file."""
    return weights.take(orders[node], axis) if node in orders else weights


def kernel_in_order(orders: dict[Node, Order], node: Node, kernel: np.ndarray) -> np.ndarray:
    """The kernel of the convolution `node`, out x in / groups x ..., for channels in the order of the file."""
    kernel = ordered(orders, node, kernel, 0)
    return ordered(orders, node.all_input_nodes[0], kernel, 1) if arguments(node)["groups"] == 1 else kernel


def is_depthwise(node: Node) -> bool:
    """Whether `node` is a convolution that works on each channel alone."""
    return node.target is aten.conv2d.default and arguments(node)["groups"] == node.meta["val"].shape[1]


def _wishes(node: Node) -> dict[Node, Order]:
    """The orders that `node` needs for its inputs and its own channels; a plain convolution takes and gives any."""
    if node.op == "get_attr" or _keeps_channels(node):
        return {}
    if node.target is aten.conv2d.default and arguments(node)["groups"] == 1:
        return {}
    options = dict.fromkeys([node, *_feature_maps(node)], TORCH)
    if node.target is aten.pixel_unshuffle.default:
        options[node] = shuffled(node)
    elif node.target is aten.pixel_shuffle.default:
        options[node.all_input_nodes[0]] = shuffled(node)
    return options


def _keeps_channels(node: Node) -> bool:
    """Whether each channel of the result comes from just that channel of every input."""
    channels = {x.meta["val"].shape[1] for x in [node, *_feature_maps(node)]} if node.target in PER_CHANNEL else set()
    return is_depthwise(node) or len(channels) == 1


def _feature_maps(node: Node) -> list[Node]:
    return [x for x in node.all_input_nodes if x.op != "get_attr"]
