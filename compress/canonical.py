"""The canonical form of a graph: operators that have entries of their own, channels first, constants computed."""

from typing import Any

import torch
from torch.fx import GraphModule, Node
from torch.fx.node import map_arg

from operators import table
from operators.entry import TO_FIRST, TO_LAST, Channels, arguments, aten

DECOMPOSITIONS = {target: entry.decomposed for target, entry in table.OPERATORS.items() if entry.decomposed}


def compute_constants(graph: GraphModule) -> None:
    """Put the value in place of each call that takes constants alone."""
    for node in list(graph.graph.nodes):
        inputs = node.all_input_nodes
        if node.op != "call_function" or not inputs or any(x.op != "get_attr" for x in inputs):
            continue
        args, kwargs = map_arg((node.args, node.kwargs), lambda x: _value(graph, x))
        add_constant(graph, node, f"folded_{node.name}", node.target(*args, **kwargs).detach())


def add_constant(graph: GraphModule, node: Node, name: str, value: torch.Tensor) -> Node:
    """Put the constant `name` in place of `node`."""
    graph.register_buffer(name, value.clone(memory_format=torch.contiguous_format))
    with graph.graph.inserting_before(node):
        constant = graph.graph.get_attr(name)
    constant.meta["val"] = value
    node.replace_all_uses_with(constant)
    graph.graph.erase_node(node)
    return constant


def put_channels_first(graph: GraphModule) -> None:
    """Let permutations to N x H x W x C sink through operators on each value, and meet those back."""
    for node in list(graph.graph.nodes):
        if _permutes(node, TO_FIRST) and _permutes(node.all_input_nodes[0], TO_LAST):
            node.replace_all_uses_with(node.all_input_nodes[0].all_input_nodes[0])
        elif table.of(node).channels is Channels.KEEP and all(_permutes(x, TO_LAST) for x in node.all_input_nodes):
            _sink(graph, node)
    graph.graph.eliminate_dead_code()


def _sink(graph: GraphModule, node: Node) -> None:
    for x in node.all_input_nodes:
        node.replace_input_with(x, x.all_input_nodes[0])
    with graph.graph.inserting_after(node):
        last = graph.graph.call_function(aten.permute.default, (node, TO_LAST))
    last.meta = dict(node.meta)
    node.meta = dict(node.meta) | {"val": node.meta["val"].permute(TO_FIRST)}
    node.replace_all_uses_with(last, delete_user_cb=lambda user: user is not last)


def _permutes(node: Node, order: list[int]) -> bool:
    return node.target is aten.permute.default and [dim % 4 for dim in arguments(node)["dims"]] == order


def _value(graph: GraphModule, node: Node) -> torch.Tensor:
    value: Any = graph
    for name in str(node.target).split("."):
        value = getattr(value, name)
    return value
