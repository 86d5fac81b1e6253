"""A graph of aten calls as an ONNX graph."""

from typing import Any

import torch
from onnx import GraphProto, TensorProto, helper
from torch.fx import GraphModule, Node
from torch.fx.node import map_arg

from compress.graph import check_inputs, constant, picture_of
from compress.int8.quantize import end_of, int8_convolutions
from convert.channel_order import channel_orders
from convert.onnx.parts import Parts, crop, pad
from operators import table
from operators.entry import arguments, aten
from operators.levels import Ranges
from operators.plans import OnnxPlan
from train.models.spec import IMAGE

SIZE = aten.sym_size.int
PAINTED = "painted"


class Network:
    """`graph` as an ONNX graph, `image` -> `painted`, N x 3 x H x W float32 of any sides.

    With `ranges`, values are rounded to uint8 where those say: operators that only move values work on the bytes,
    arithmetic stands between a DequantizeLinear and a QuantizeLinear, which onnxruntime turns into 8-bit
    operators. A rounded value has its node's name before rounding, with _uint8 and _float32 appended after.
    Raises CheckFailed, naming it, for an operator that is not in the table or is used as the table does not foresee,
    UserError when `graph` has inputs besides a picture.
    """

    def __init__(self, graph: GraphModule, ranges: Ranges) -> None:
        check_inputs(graph)
        self.graph = graph
        self.plan = OnnxPlan(channel_orders(graph), ranges, int8_convolutions(graph, ranges), Parts())
        self.floats: dict[Node, str] = {}  # values of the nodes by name: as float32
        self.bytes: dict[Node, str] = {}  # and as uint8
        self.sides: dict[Node, str] = {}

    def write(self) -> GraphProto:
        """Write the whole graph, including padding and cropping."""
        for node in self.graph.graph.nodes:
            if node.op == "placeholder":
                self._enter(node)
            elif node.op == "call_function" and isinstance(node.meta.get("val"), torch.Tensor):
                self._call(node)
        self._leave(picture_of(self.graph))
        channels = self.graph.meta["spec"].channels
        ends = [
            helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n", channels, "height", "width"])
            for name in (IMAGE, PAINTED)
        ]
        parts = self.plan.parts
        return helper.make_graph(parts.nodes, "pix2phone", ends[:1], ends[1:], list(parts.constants.values()))

    def _enter(self, node: Node) -> None:
        self._keep(node, IMAGE)
        values = self.bytes if node in self.bytes else self.floats
        values[node] = pad(self.plan.parts, values[node], self.graph.meta["spec"].multiple)

    def _leave(self, node: Node) -> None:
        parts, multiple = self.plan.parts, self.graph.meta["spec"].multiple
        if node not in self.bytes:
            crop(parts, PAINTED, self.floats[node], multiple)
            return
        cropped = crop(parts, f"{PAINTED}_uint8", self.bytes[node], multiple)
        parts.call("DequantizeLinear", PAINTED, cropped, *self.plan.scale_and_zero(node))

    def _call(self, node: Node) -> None:
        write = table.of(node).onnx
        if write is None:
            self.plan.refuse(node, "has no form for ONNX in operators/")
        moves = self._moves_bytes(node)
        given = map_arg(list(arguments(node).values()), self._as_bytes if moves else self._as_float)
        result = write(self.plan, node, *given)
        if moves:
            self.bytes[node] = result
        else:
            self._keep(node, result)

    def _moves_bytes(self, node: Node) -> bool:
        """Whether `node` can work on bytes: all its inputs have its own range."""
        ends = self.plan.ranges.get(node.name)
        taken = (self.plan.ranges.get(x.name) for x in node.all_input_nodes if x in self.bytes or x in self.floats)
        return table.of(node).on_bytes and ends is not None and all(other == ends for other in taken)

    def _keep(self, node: Node, result: str) -> None:
        """Record the output of `node`, rounded if it has a range."""
        if self.plan.ranges.get(node.name):
            scale_and_zero = self.plan.scale_and_zero(node)
            self.bytes[node] = self.plan.parts.call("QuantizeLinear", f"{node.name}_uint8", result, *scale_and_zero)
        else:
            self.floats[node] = result

    def _as_bytes(self, node: Node) -> str | None:
        return self.bytes[node] if node in self.bytes else self._side(node)

    def _as_float(self, node: Node) -> Any:
        """Float operand for `node`: the name of a value, or constants as they are."""
        if node.op == "get_attr":
            return constant(self.graph, node).numpy()
        if node not in self.floats and node not in self.bytes:
            return self._side(node)
        if node not in self.floats:
            scale_and_zero = self.plan.scale_and_zero(node)
            name = f"{node.name}_float32"
            self.floats[node] = self.plan.parts.call("DequantizeLinear", name, self.bytes[node], *scale_and_zero)
        return self.floats[node]

    def _side(self, node: Node) -> str | None:
        """One side of a feature map as a value, taken after its activation, so that the two can be fused."""
        if node.target is not SIZE:
            return None
        if node not in self.sides:
            x, dim = arguments(node).values()
            known = self.floats | self.bytes
            shown = next(known[source] for source in (end_of(x), x) if source in known)
            self.sides[node] = self.plan.parts.call("Shape", node.name, shown, start=dim, end=dim + 1)
        return self.sides[node]
