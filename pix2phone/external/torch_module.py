"""A wrapped ONNX network as a module of torch."""

import onnx
import onnx2torch
from torch.fx import GraphModule

from pix2phone.external.wrap import plain


def as_module(wrapped: onnx.ModelProto, size: tuple[int, int] | None) -> GraphModule:
    """`wrapped` as onnx2torch reads it, 1 x 3 x H x W in [0, 1]; `size`: (height, width) where it takes but one."""
    return onnx2torch.convert(_unshared(plain(wrapped, size)))


def _unshared(model: onnx.ModelProto) -> onnx.ModelProto:
    """`model` with a constant for each use of it, in place: onnx2torch loses count where two nodes share one."""
    constants = {tensor.name: tensor for tensor in model.graph.initializer}
    del model.graph.initializer[:]
    for number, node in enumerate(model.graph.node):
        for place, name in enumerate(node.input):
            if name in constants:
                node.input[place] = f"{name}/{number}/{place}"
                model.graph.initializer.add().CopyFrom(constants[name])
                model.graph.initializer[-1].name = node.input[place]
    return model
