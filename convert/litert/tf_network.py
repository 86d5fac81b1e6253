"""A graph of aten calls as a TensorFlow function."""

from typing import Any

import tensorflow as tf
import torch
from torch.fx import GraphModule, Node
from torch.fx.node import map_arg

from compress.graph import check_inputs, constant, picture_of
from convert.channel_order import channel_orders
from operators import table
from operators.entry import Channels, Int8, arguments
from operators.levels import Ranges
from operators.plans import TensorFlowPlan, Transposed


class Network:
    """`graph` as a function from 1 x H x W x 3 in [0, 1] to the same, for tf.function to trace.

    With `ranges`, values are rounded to 8 bits where those say; the converter makes operators between two roundings
    int8, and leaves the rest in float.
    Raises CheckFailed, naming it, for an operator that is not in the table or is used as the table does not foresee,
    UserError when `graph` has inputs besides a picture.
    """

    def __init__(self, graph: GraphModule, ranges: Ranges) -> None:
        check_inputs(graph)
        self.graph = graph
        self.plan = TensorFlowPlan(tf, channel_orders(graph), ranges)

    def __call__(self, image: tf.Tensor) -> tf.Tensor:
        values: dict[Node, Any] = {}
        for node in self.graph.graph.nodes:
            if node.op == "get_attr":
                values[node] = constant(self.graph, node).numpy()
            elif node.op == "placeholder":
                values[node] = self._round(node, image)
            elif isinstance(node.meta.get("val"), torch.Tensor):
                with tf.name_scope(node.name):  # the key by which convert/gate/layers.py finds it
                    values[node] = self._round(node, self._call(node, values))
        return values[picture_of(self.graph)]

    def _call(self, node: Node, values: dict[Node, Any]) -> Any:
        entry = table.of(node)
        if entry.tensorflow is None:
            self.plan.refuse(node, "has no form for LiteRT in operators/")
        given = map_arg(list(arguments(node).values()), values.get)
        if any(isinstance(value, Transposed) for value in given) and entry.channels is not Channels.MULTIPLY:
            self.plan.refuse(node, "after a transposition")
        return entry.tensorflow(self.plan, node, *given)

    def _round(self, node: Node, x: Any) -> Any:
        is_moved = table.of(node).int8 is Int8.MOVES and node.all_input_nodes[0].name in self.plan.ranges
        return x if is_moved else self.plan.rounded(node, x)
