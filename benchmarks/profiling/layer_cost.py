"""Work of each layer at one size: multiply-accumulates, and bytes read and written."""

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves
from torch.utils.flop_counter import flop_registry
from torch.utils.module_tracker import ModuleTracker

from convert.runtimes.litert_file import real_ops

FLOPS_OF_MAC = 2
CONVOLUTIONS = ("CONV_2D", "DEPTHWISE_CONV_2D")  # names used by the interpreter
ROOT = "between the layers"  # operations outside modules


@dataclass(frozen=True)
class Layer:
    """`macs` and `bytes` for one picture; all inputs, outputs and weights count, as if nothing were cached.

    `arithmetic` is "int8" for one-byte weights, else "float32"; `shape` is that of the output.
    """

    name: str
    kind: str
    shape: tuple[int, ...]
    macs: int
    bytes: int
    arithmetic: str = "float32"


def litert_layers(path: Path, height: int, width: int) -> list[Layer]:
    """The operators of a .tflite file for a picture of `height` x `width`, in order, except unpacking of weights."""
    return [_litert_layer(*step) for step in real_ops(path, height, width)]


def _litert_layer(kind: str, inputs: list[dict[str, Any]], output: dict[str, Any]) -> Layer:
    shapes = [tuple(map(int, tensor["shape"])) for tensor in inputs]
    shape = tuple(map(int, output["shape"]))
    macs = _macs(kind, shapes, shape)
    weights = [tensor for tensor in inputs if tensor["dtype"].__name__ == "int8"] if macs else []
    return Layer(
        output["name"].split(";")[0].split("/")[0],
        f"{kind} {shapes[1][1]}×{shapes[1][2]}" if kind in CONVOLUTIONS else kind,
        shape,
        macs,
        sum(map(_bytes, inputs)) + _bytes(output),
        "int8" if weights else "float32",
    )


def _macs(kind: str, inputs: list[tuple[int, ...]], output: tuple[int, ...]) -> int:
    """MACs of operators that multiply by weights or matrices; LiteRT's weights are O x H x W x I."""
    if kind in CONVOLUTIONS:
        # Depthwise weights are 1 x H x W x C, and each output has one channel.
        return math.prod(output) * math.prod(inputs[1][1:3]) * (inputs[1][3] if kind == "CONV_2D" else 1)
    if kind == "TRANSPOSE_CONV":  # output shape, weights, picture
        return math.prod(inputs[2]) * math.prod(inputs[1][:3])
    if kind in ("FULLY_CONNECTED", "BATCH_MATMUL"):
        return math.prod(output) * inputs[0][-1]
    return 0


def _bytes(tensor: dict[str, Any]) -> int:
    return math.prod(map(int, tensor["shape"])) * tensor["dtype"]().itemsize


class _Counter(TorchDispatchMode):
    """Records a layer for each aten call that moves data; calls that only create views are free."""

    def __init__(self) -> None:
        super().__init__()
        self.layers: list[Layer] = []
        self.tracker = ModuleTracker()

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        out = func(*args, **(kwargs or {}))
        taken, given = _tensors((args, kwargs)), _tensors(out)
        if taken and not func.is_view:
            count = flop_registry.get(func._overloadpacket)
            macs = count(*args, **(kwargs or {}), out_val=out) // FLOPS_OF_MAC if count else 0
            size = sum(tensor.numel() * tensor.element_size() for tensor in (*taken, *given))
            place = max(self.tracker.parents - {"Global"}, key=len).partition(".")[2] or ROOT
            self.layers.append(Layer(place, func._overloadpacket.__name__, tuple(given[0].shape), macs, size))
        return out


def _tensors(values: Any) -> list[torch.Tensor]:
    return [leaf for leaf in tree_leaves(values) if isinstance(leaf, torch.Tensor)]


def torch_layers(model: torch.nn.Module, height: int, width: int) -> list[Layer]:
    """The aten calls of `model`, on the CPU, on one picture, in order, each under the module that calls it."""
    picture = torch.zeros(1, 3, height, width)
    with torch.no_grad(), _Counter() as counter, counter.tracker:
        model.eval()(picture)
    return counter.layers
