"""A graph of aten calls as a TensorFlow function."""

from typing import Any

import tensorflow as tf
import torch
from torch.fx import GraphModule, Node
from torch.fx.node import map_arg

from compress.graph import arguments, aten, check_inputs, constant, picture_of
from compress.int8.quantize import MOVES, Ranges
from convert.channel_order import channel_orders
from convert.litert.aten_to_tf import OPERATORS, Plan, Transposed, refuse


class Network:
    """`graph` as a function from 1 x H x W x 3 in [0, 1] to the same, for tf.function to trace.

    With `ranges`, values are rounded to 8 bits where those say; the converter makes int8 operators of what lies between
    two roundings, and leaves the rest in float.
    Raises CheckFailed, naming it, for an operator that is not in the table or is used as the table does not foresee,
    UserError when `graph` takes anything beside a picture.
    """

    def __init__(self, graph: GraphModule, ranges: Ranges) -> None:
        check_inputs(graph)
        self.graph = graph
        self.plan = Plan(channel_orders(graph), ranges)

    def __call__(self, image: tf.Tensor) -> tf.Tensor:
        values: dict[Node, Any] = {}
        for node in self.graph.graph.nodes:
            if node.op == "get_attr":
                values[node] = constant(self.graph, node).numpy()
            elif node.op == "placeholder":
                values[node] = self._round(node, image)
            elif isinstance(node.meta.get("val"), torch.Tensor):
                with tf.name_scope(node.name):  # by which convert/gate/layers.py knows it again
                    values[node] = self._round(node, self._call(node, values))
        return values[picture_of(self.graph)]

    def _call(self, node: Node, values: dict[Node, Any]) -> Any:
        if node.target not in OPERATORS:
            refuse(node, "not in the table of convert/litert/aten_to_tf.py")
        given = map_arg(list(arguments(node).values()), values.get)
        if any(isinstance(value, Transposed) for value in given) and node.target is not aten.bmm.default:
            refuse(node, "after a transposition")
        return OPERATORS[node.target](self.plan, node, *given)

    def _round(self, node: Node, x: Any) -> Any:
        ends = self.plan.ranges.get(node.name)
        if ends is None or (node.target in MOVES and node.all_input_nodes[0].name in self.plan.ranges):
            return x
        return tf.quantization.fake_quant_with_min_max_args(x, *ends)
