"""ONNX files as exporters leave them: graphs in training mode are refused, half precision becomes single."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import onnx
from google.protobuf.message import DecodeError
from onnx import AttributeProto, GraphProto, ModelProto, NodeProto, TensorProto, TypeProto, numpy_helper
from onnx.external_data_helper import ExternalDataInfo, _get_all_tensors, uses_external_data

from pix2phone.errors import UserError
from pix2phone.runtimes.onnx_session import OnnxSession

HALF, SINGLE = TensorProto.FLOAT16, TensorProto.FLOAT
TYPED = ("to", "dtype")  # attributes that name a type, of Cast and of operators that generate numbers


def inference_session(path: Path, threads: int | None = 0) -> OnnxSession:
    """The ONNX network at `path` in float32, whatever its file holds.

    UserError, without the file's name, for a network that was exported in training mode.
    """
    model = onnx.load(path, load_external_data=False)
    if operator := training_operator(model):
        what = f"was exported in training mode ({operator}), in which it paints otherwise than it was trained to"
        raise UserError(f"{what}; export it again after network.eval()")
    return OnnxSession(load_single(path).SerializeToString() if is_half(model) else path, threads)


def weights_files(path: Path) -> list[Path]:
    """Other files, there or not, in which the ONNX network at `path` has some of its weights; none for other kinds.

    (ONNX keeps them so above 2 GB, and torch's exporter always: https://onnx.ai/onnx/repo-docs/ExternalData.html.)
    """
    if path.suffix.lower() != ".onnx":
        return []
    try:
        tensors = _get_all_tensors(onnx.load(path, load_external_data=False))
        named = {ExternalDataInfo(tensor).location for tensor in tensors if uses_external_data(tensor)}
    except DecodeError:  # no ONNX at all, as its runtime will say
        return []
    return [path.parent / name for name in sorted(named)]


def load_single(path: Path) -> ModelProto:
    """The ONNX network at `path`, weights in other files included, with float32 wherever it has float16."""
    model = onnx.load(path)
    if is_half(model):
        _make_single(model.graph)
        for function in model.functions:
            for node in function.node:
                _make_node_single(node)
    return model


def is_half(model: ModelProto) -> bool:
    """Whether anything in `model` is float16."""
    graphs = list(_graphs(model.graph))
    tensors = (tensor for graph in graphs for tensor in graph.initializer)
    values = (value.type for graph in graphs for value in (*graph.input, *graph.output))
    attributes = (attribute for node in _nodes(model) for attribute in node.attribute)
    return (
        any(tensor.data_type == HALF for tensor in tensors)
        or any(kind.tensor_type.elem_type == HALF for kind in values)
        or any(attribute.t.data_type == HALF or _names_half(attribute) for attribute in attributes)
    )


def training_operator(model: ModelProto) -> str:
    """The first operator of `model` that is in training mode; "" if there is none."""
    constants = {tensor.name: tensor for graph in _graphs(model.graph) for tensor in graph.initializer}
    for node in _nodes(model):
        held = [item.t for item in node.attribute if node.op_type == "Constant" and item.name == "value"]
        constants |= dict(zip(node.output, held, strict=False))
    return next((node.op_type for node in _nodes(model) if _trains(node, constants)), "")


def _trains(node: NodeProto, constants: dict[str, TensorProto]) -> bool:
    numbers = {attribute.name: attribute.i for attribute in node.attribute}
    if node.op_type == "BatchNormalization":  # before version 14 its outputs told, before version 7 `is_test`
        return bool(numbers.get("training_mode")) or len(list(filter(None, node.output))) > 1
    if node.op_type == "Dropout" and len(node.input) > 2 and node.input[2] in constants:
        return bool(numpy_helper.to_array(constants[node.input[2]]))
    return False


def _graphs(graph: GraphProto) -> Iterator[GraphProto]:
    """`graph` and all that its nodes hold."""
    yield graph
    for node in graph.node:
        for attribute in node.attribute:
            for inner in (*([attribute.g] if attribute.HasField("g") else []), *attribute.graphs):
                yield from _graphs(inner)


def _nodes(model: ModelProto) -> Iterator[NodeProto]:
    for graph in _graphs(model.graph):
        yield from graph.node
    for function in model.functions:
        yield from function.node


def _make_single(graph: GraphProto) -> None:
    for one in _graphs(graph):
        for tensor in one.initializer:
            _make_tensor_single(tensor)
        for value in (*one.input, *one.output, *one.value_info):
            _make_type_single(value.type)
        for node in one.node:
            _make_node_single(node)


def _make_node_single(node: NodeProto) -> None:
    for attribute in node.attribute:
        if _names_half(attribute):
            attribute.i = SINGLE
        for tensor in (*([attribute.t] if attribute.HasField("t") else []), *attribute.tensors):
            _make_tensor_single(tensor)


def _names_half(attribute: AttributeProto) -> bool:
    return attribute.name in TYPED and attribute.type == AttributeProto.INT and attribute.i == HALF


def _make_tensor_single(tensor: TensorProto) -> None:
    if tensor.data_type == HALF:
        tensor.CopyFrom(numpy_helper.from_array(numpy_helper.to_array(tensor).astype(np.float32), tensor.name))


def _make_type_single(kind: TypeProto) -> None:
    for holder in (
        kind.tensor_type,
        kind.sequence_type.elem_type.tensor_type,
        kind.optional_type.elem_type.tensor_type,
    ):
        if holder.elem_type == HALF:
            holder.elem_type = SINGLE
