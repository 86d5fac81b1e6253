"""First differing layer between an artefact and its network: the outputs of all convolutions, compared in order."""

import re
from collections.abc import Mapping
from types import MappingProxyType

import numpy as np
import torch
from torch.fx import GraphModule, Interpreter, Node

from compress.int8.quantize import CONVOLUTIONS
from convert.channel_order import channel_orders
from convert.runtimes.base import Runtime, pad
from operators.channels import Order
from pix2phone.arrays import to_nchw

FLOAT_DB, INT8_DB = 40.0, 20.0  # dB: least agreement of a sound layer
Layer = tuple[str, np.ndarray]  # a name, and H x W x C or L x C float32


class Recorder(Interpreter):
    """Runs a graph of aten calls and keeps the outputs of its convolutions, channels last."""

    def __init__(self, graph: GraphModule) -> None:
        super().__init__(graph)
        self.layers: list[Layer] = []

    def run_node(self, node: Node) -> object:
        value = super().run_node(node)
        if node.target in CONVOLUTIONS:
            self.layers.append((node.name, np.moveaxis(value[0].numpy(), 0, -1)))
        return value


class Locator:
    """Finds the first layer of an artefact that differs from `graph`.

    `plain` is the graph from compress.graph.export_graph, which determines the order of channels; `rounded` the same
    with the roundings of an int8 file, if the file has any.
    """

    def __init__(self, plain: GraphModule, rounded: GraphModule | None = None) -> None:
        self.graph = rounded or plain
        self.multiple = plain.meta["spec"].multiple
        self.sound = INT8_DB if rounded else FLOAT_DB
        self.orders = {node.name: order for node, order in channel_orders(plain).items()}

    def __call__(self, runtime: Runtime, picture: np.ndarray) -> str:
        """One line: the first layer that differs on uint8 H x W x 3, and its agreement."""
        height, width = picture.shape[:2]
        picture = pad(picture, height + -height % self.multiple, width + -width % self.multiple)
        wanted = self._wanted(picture)
        return first_to_differ(_in_order(runtime.convolutions(picture), wanted), wanted, self.sound, self.orders)

    def _wanted(self, picture: np.ndarray) -> list[Layer]:
        recorder = Recorder(self.graph)
        with torch.inference_mode():
            recorder.run(torch.from_numpy(to_nchw(picture)))
        return recorder.layers


def first_to_differ(
    found: dict[str, np.ndarray], wanted: list[Layer], sound: float, orders: Mapping[str, Order] = MappingProxyType({})
) -> str:
    """One line: the first layer of `found`, in the order of `wanted`, with an agreement below `sound` dB."""
    before = "the first"
    for name, right in wanted:
        if name not in found:
            return f"it has no {name}"
        signal = agreement(found[name], right, orders.get(name, ()))
        if not signal >= sound:
            return f"first to differ: {name}, {signal:.0f} dB above its error ({before})"
        before = f"before it {signal:.0f} dB"
    return "every convolution is right: the difference arises after the last one"


def _in_order(found: list[Layer], wanted: list[Layer]) -> dict[str, np.ndarray]:
    """The findings by the names of the graph: those that the file's names hold, or else in the graph's order."""
    named = {match[0]: values for name, values in found if (match := re.search(r"\bconv[12]d_\d+\b", name))}
    return named or {name: values for (name, _), (_, values) in zip(wanted, found, strict=False)}


def agreement(found: np.ndarray, wanted: np.ndarray, order: Order) -> float:
    """Signal-to-error ratio of a layer, dB; both ... x C, `found` in torch's order or in `order`.

    Only positive values count: some files hold a convolution's output after the fused relu. NaN if either is.
    """
    found, wanted = (np.maximum(x, 0).reshape(-1, x.shape[-1]).astype(np.float64) for x in (found, wanted))
    if found.shape != wanted.shape:
        return -np.inf
    orders = [wanted, wanted[:, order]] if order else [wanted]
    return max(_signal(found, right) for right in orders)


def _signal(found: np.ndarray, wanted: np.ndarray) -> float:
    error, power = float(((found - wanted) ** 2).sum()), float((wanted**2).sum())
    if error == 0:
        return np.inf
    return 10 * np.log10(power / error) if power > 0 else -np.inf
