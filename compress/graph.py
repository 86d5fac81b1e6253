"""A generator as one graph of aten calls: the basis of int8 scales and of the LiteRT file."""

import inspect
import operator
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from torch.fx import CodeGen, Graph, GraphModule, Node
from torch.fx.node import map_arg

from compress.canonical import DECOMPOSITIONS, compute_constants, put_channels_first
from operators import table
from operators.entry import Channels, arguments, aten
from pix2phone.errors import UserError, first_line
from train.models.generator import Generator, pad_to_multiple
from train.models.spec import ModelSpec

REARRANGE = table.targets(lambda entry: entry.channels in (Channels.CONCATENATE, Channels.SHUFFLE))
Affine = tuple[Node, torch.Tensor, torch.Tensor]


def export_graph(model: Generator) -> GraphModule:
    """`model`, folded and in evaluation mode, as a graph from 1 x 3 x H x W to the same.

    Sides may be any multiples of `model.spec.multiple`; the graph keeps the spec in `meta["spec"]`. Batch norms and
    arithmetic with constants are parts of convolutions, and a relu comes before a concatenation, not after. Nodes are
    named by operator and number, so the same model always gives the same names.
    Raises UserError when the model takes or gives anything beside a picture.
    """
    multiple = model.spec.multiple
    _check(_required(model), model.spec)
    least = max(2, -(-model.least_side // multiple))
    limits = {"min": least, "max": 1024} if model.least_side else {"max": 1024}
    rows, columns = (torch.export.Dim(name, **limits) for name in ("rows", "columns"))
    sides = {2: multiple * rows, 3: multiple * columns}
    example = tuple(model.spec.example(least * multiple, (least + 1) * multiple).values())
    with torch.no_grad():
        program = torch.export.export(model.eval(), example, dynamic_shapes=(sides,))
        try:
            program = program.run_decompositions(DECOMPOSITIONS)
        except UserError as error:  # to which torch has added where it was
            raise UserError(first_line(error)) from None
        graph = program.module(check_guards=False)
        _make_plain(graph)
        compute_constants(graph)
        put_channels_first(graph)
        for node in list(graph.graph.nodes):
            if affine := _as_affine(graph, node):
                _make_convolution(graph, node, *affine)
            elif node.target is aten.relu.default and node.all_input_nodes[0].target in REARRANGE:
                node.replace_all_uses_with(_rectify(graph, node.all_input_nodes[0]))
    graph.graph.eliminate_dead_code()
    graph.delete_all_unused_submodules()
    _renumber(graph)
    graph.meta["spec"] = model.spec
    return graph


def check_inputs(graph: GraphModule) -> None:
    """UserError unless `graph` takes the inputs of its spec, and those are the picture alone."""
    _check([node.name for node in graph.graph.nodes if node.op == "placeholder"], graph.meta["spec"])


def input_of(graph: GraphModule, photo: np.ndarray) -> torch.Tensor:
    """`photo`, uint8 H x W x 3, as the picture that `graph` takes: 1 x 3 x H x W in [0, 1], padded to its multiple.

    Raises UserError when `graph` takes anything beside a picture.
    """
    check_inputs(graph)
    picture = torch.from_numpy(photo).permute(2, 0, 1)[None].float() / 255
    return pad_to_multiple(picture, graph.meta["spec"].multiple)


def constant(graph: GraphModule, node: Node) -> torch.Tensor:
    """The weights behind a get_attr node."""
    return operator.attrgetter(str(node.target))(graph).detach()


def picture_of(graph: GraphModule) -> Node:
    """The node whose value is the output. UserError when there are several."""
    pictures = graph.graph.output_node().all_input_nodes
    if len(pictures) != 1:
        raise UserError(f"network: gives {len(pictures)} tensors; files hold networks that give one picture")
    return pictures[0]


def join(graph: GraphModule, neighbours: Callable[[Node], list[Node]]) -> dict[Node, Node]:
    """Every node with the one that stands for its group; a node is in one group with each of its `neighbours`."""
    parent = {node: node for node in graph.graph.nodes}

    def find(node: Node) -> Node:
        while parent[node] is not node:
            node = parent[node]
        return node

    for node in graph.graph.nodes:
        for neighbour in neighbours(node):
            parent[find(node)] = find(neighbour)
    return {node: find(node) for node in parent}


def _check(taken: Sequence[str], spec: ModelSpec) -> None:
    """UserError unless the names `taken` are the inputs of `spec`, and a picture alone, which may have any name."""
    if not taken or list(taken[1:]) != list(spec.inputs[1:]):
        both = f"takes {', '.join(taken) or 'nothing'}, its spec says {', '.join(spec.inputs)}"
        raise UserError(f"network: {both}; declare each input in its ModelSpec")
    if beside := ", ".join(taken[1:]):
        raise UserError(f"network: takes {beside} beside the picture, which no file does; make it a constant in fold()")


def _required(model: Generator) -> list[str]:
    """The names of the inputs that `model` cannot do without."""
    taken = inspect.signature(model.forward).parameters.values()
    named = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    return [one.name for one in taken if one.kind in named and one.default is one.empty]


def _make_plain(graph: GraphModule) -> None:
    """One tensor in, one tensor out, in place of the nested arguments of torch.export."""
    graph.graph.output_node().args = (picture_of(graph),)
    graph.graph.set_codegen(CodeGen())


def _as_affine(graph: GraphModule, node: Node) -> Affine | None:
    """(x, scale, shift), where `node` computes scale * x + shift for each channel of N x C x H x W with constants."""
    value = node.meta.get("val")
    if node.op != "call_function" or not isinstance(value, torch.Tensor) or value.ndim != 4:
        return None
    if node.target is operator.getitem:
        return _batch_norm(graph, node.all_input_nodes[0])
    if node.target is aten.instance_norm.default:
        return _instance_norm(graph, node)
    if node.target not in (aten.add.Tensor, aten.sub.Tensor, aten.mul.Tensor, aten.div.Tensor) or node.kwargs:
        return None
    x, other = node.args
    number = _channel_constant(graph, other, value.shape[1])
    if number is None or not isinstance(x, Node):
        return None
    one, zero = torch.ones_like(number), torch.zeros_like(number)
    return {
        aten.add.Tensor: (x, one, number),
        aten.sub.Tensor: (x, one, -number),
        aten.mul.Tensor: (x, number, zero),
        aten.div.Tensor: (x, 1 / number, zero),
    }[node.target]


def _batch_norm(graph: GraphModule, node: Node) -> Affine | None:
    if node.target is not aten._native_batch_norm_legit_no_training.default:
        return None
    x, weight, bias, mean, variance, _, epsilon = arguments(node).values()
    return x, *_with_statistics(graph, weight, bias, mean, variance, epsilon)


def _instance_norm(graph: GraphModule, node: Node) -> Affine | None:
    x, weight, bias, mean, variance, own, _, epsilon, _ = arguments(node).values()
    return None if own else (x, *_with_statistics(graph, weight, bias, mean, variance, epsilon))


def _with_statistics(
    graph: GraphModule, weight: Node | None, bias: Node | None, mean: Node, variance: Node, epsilon: float
) -> tuple[torch.Tensor, torch.Tensor]:
    """Scale and shift of a norm with statistics of its own."""
    spread = torch.sqrt(constant(graph, variance) + epsilon)
    scale = 1 / spread if weight is None else constant(graph, weight) / spread
    shift = constant(graph, mean) * scale
    return scale, -shift if bias is None else constant(graph, bias) - shift


def _channel_constant(graph: GraphModule, value: Any, channels: int) -> torch.Tensor | None:
    """A number, or a constant of 1 x C x 1 x 1, as one value a channel."""
    if isinstance(value, Node):
        if value.op != "get_attr" or value.meta["val"].numel() not in (1, channels):
            return None
        value = constant(graph, value).flatten()
    return torch.as_tensor(value, dtype=torch.float32).expand(channels)


def _make_convolution(graph: GraphModule, node: Node, x: Node, scale: torch.Tensor, shift: torch.Tensor) -> None:
    """Put `node` into the convolution before it, or make it a depthwise 1x1 convolution where there is none."""
    if x.target is aten.conv2d.default and len(x.users) == 1:
        before, kernel, bias, *rest = arguments(x).values()
        weight = constant(graph, kernel) * scale.view(-1, 1, 1, 1)
        shift = shift if bias is None else shift + constant(graph, bias) * scale
    else:
        before, weight, rest = x, scale.view(-1, 1, 1, 1), [[1, 1], [0, 0], [1, 1], len(scale)]
    tensors = []
    with graph.graph.inserting_before(node):
        for name, tensor in ((f"folded_{node.name}_weight", weight), (f"folded_{node.name}_bias", shift)):
            graph.register_buffer(name, tensor.clone())
            tensors.append(graph.graph.get_attr(name))
            tensors[-1].meta["val"] = tensor
        convolution = graph.graph.call_function(aten.conv2d.default, (before, *tensors, *rest))
    convolution.meta = dict(node.meta)
    node.replace_all_uses_with(convolution)


def _rectify(graph: GraphModule, x: Node) -> Node:
    """relu(x), computed before `x` is put together, where a convolution can do it on the way."""
    if x.target is aten.relu.default:
        return x
    if x.target in REARRANGE and len(x.users) == 1:
        for part in x.all_input_nodes:
            x.replace_input_with(part, _rectify(graph, part))
        return x
    with graph.graph.inserting_after(x):
        rectified = graph.graph.call_function(aten.relu.default, (x,))
    rectified.meta = dict(x.meta)
    return rectified


def _renumber(graph: GraphModule) -> None:
    """Rename nodes to relu_0, relu_1, ...: torch.export's numbers depend on its intermediate attempts."""
    fresh, counts = Graph(), Counter[str]()
    copies: dict[Node, Node] = {}
    for node in graph.graph.nodes:
        name = node.name
        if node.op == "call_function":
            operation = getattr(node.target, "overloadpacket", node.target).__name__
            name = f"{operation}_{counts[operation]}"
            counts[operation] += 1
        args, kwargs = map_arg((node.args, node.kwargs), copies.__getitem__)
        copies[node] = fresh.create_node(node.op, node.target, args, kwargs, name)
        copies[node].meta = node.meta
    graph.graph = fresh
