"""The entry of one operator: all that the stages ask of it."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any

import torch
from torch.fx import Node

from pix2phone.errors import UserError

aten = torch.ops.aten
TO_LAST, TO_FIRST = [0, 2, 3, 1], [0, 3, 1, 2]  # N x C x H x W with its channels last, and back


class Channels(Enum):
    """How the channels of the result come from those of the inputs."""

    KEEP = auto()  # each from that channel of every input
    CONVOLVE = auto()  # a kernel makes them
    NORMALISE = auto()  # each from itself, with weights and statistics for each channel
    CONCATENATE = auto()
    SHUFFLE = auto()  # r x r channels become r x r places, as (c, dy, dx)
    UNSHUFFLE = auto()
    VIEW = auto()  # dimensions are flattened or put back
    TRANSPOSE = auto()
    MULTIPLY = auto()  # N x I x J times N x J x K
    OTHER = auto()  # nothing is known; they stay as they are


class Int8(Enum):
    """How the result is held and computed in int8 files."""

    KERNEL = auto()  # an 8-bit kernel, with a scale for each output channel
    MOVES = auto()  # values are only moved, picked or averaged; they keep the input's scale
    ACTIVATION = auto()  # computed along with the convolution or sum before it
    COMPUTES = auto()  # a scale of its own; in float between two roundings where a target has no 8-bit form


@dataclass(frozen=True)
class Operator:
    """What is known of the aten calls `targets`.

    `takes_activation`: an activation that follows is computed along with it. `proportional`: f(x / s) = f(x) / s for
    s > 0 and each channel. `decomposed`: the same in other operators of the table; `unforeseen` for arguments that it
    does not take. `tensorflow(plan, node, *arguments)` and `onnx(plan, node, *arguments)`: its writers, see
    plans.py. `on_bytes`: onnxruntime computes it on uint8. `coreml(context, node)`: in place of coremltools' own
    reading of it. `traced`: in place of it where torch.jit.trace would freeze a size. `moves_in_coreml`: its name in
    ML Programs if it only moves values. `litert_levels`: the scale and zero point (int8) that LiteRT's kernel
    is fixed to; another QUANTIZE follows it. `phones`: limits of phones' delegates, with the form that is written
    for them.
    """

    targets: tuple[Any, ...]
    channels: Channels = Channels.OTHER
    int8: Int8 = Int8.COMPUTES
    takes_activation: bool = False
    proportional: bool = False
    decomposed: Callable[..., Any] | None = None
    tensorflow: Callable[..., Any] | None = None
    onnx: Callable[..., str] | None = None
    on_bytes: bool = False
    coreml: Callable[[Any, Any], None] | None = None
    traced: Callable[..., Any] | None = None
    moves_in_coreml: str = ""
    litert_levels: tuple[float, int] | None = None
    phones: str = ""


def unforeseen(operator: Any, why: str) -> UserError:
    """The error to raise for arguments of an aten call that `decomposed` does not take."""
    return UserError(f"network: {operator}: {why}: not among the operators that files can hold")


def arguments(node: Node) -> dict[str, Any]:
    """The arguments of an aten call by name, with the defaults filled in."""
    schema = node.target._schema.arguments  # type: ignore[union-attr]
    given = dict(zip((argument.name for argument in schema), node.args, strict=False)) | node.kwargs
    return {argument.name: given.get(argument.name, argument.default_value) for argument in schema}


def sides(node: Node) -> list[Any]:
    """The shape of the value of `node`."""
    return list(node.meta["val"].shape)
