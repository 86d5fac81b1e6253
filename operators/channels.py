"""The order of channels in a file, where it is not torch's, and weights put into it."""

import numpy as np
from torch.fx import Node

from operators.entry import arguments, aten

Order = tuple[int, ...]  # which of torch's channels stands at each place
TORCH: Order = ()


def shuffled(node: Node) -> Order:
    """The order that TensorFlow's counterpart of a pixel_shuffle takes, or that of a pixel_unshuffle gives."""
    x, factor = arguments(node).values()
    deep = x if node.target is aten.pixel_shuffle.default else node
    channels = np.arange(deep.meta["val"].shape[1])
    return tuple(channels.reshape(-1, factor**2).T.flatten().tolist())


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
