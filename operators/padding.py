"""Borders round feature maps, and taking them off."""

import sys
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch.fx import Node

from operators.entry import Channels, Int8, Operator, aten, unforeseen
from operators.plans import AXES, OnnxPlan, TensorFlowPlan

Sides = Sequence[int]  # left, right, top, bottom
MOST = 5  # tensors that XNNPACK puts together


def _any(x: torch.Tensor, sides: Sides, mode: str = "constant", value: float | None = None) -> torch.Tensor:
    kinds = {"constant": aten.constant_pad_nd, "reflect": aten.reflection_pad2d, "replicate": aten.replication_pad2d}
    if mode not in kinds or len(sides) != 4 or x.ndim != 4 or value:
        raise unforeseen(aten.pad, f"mode {mode}, sides {list(sides)}, value {value}")
    return kinds[mode](x, sides)


def bordered(plan: TensorFlowPlan, x: Any, sides: Sides, mirrored: bool) -> Any:
    """`x`, N x H x W x C, with rows and columns of its own put round it: slices and CONCATENATION."""
    first = int(mirrored)  # a mirror leaves the outermost row itself out
    for axis, (before, after) in ((1, sides[2:]), (2, sides[:2])):
        near = [first + row * first for row in range(before)][::-1]
        far = [-1 - first - row * first for row in range(after)]
        edges = [_block(plan, [_line(x, axis, place) for place in places], axis) for places in (near, far)]
        x = plan.tf.concat([*edges[0], x, *edges[1]], axis) if before or after else x
    return x


def _block(plan: TensorFlowPlan, lines: list[Any], axis: int) -> list[Any]:
    """`lines` as at most one tensor."""
    while len(lines) > 1:
        lines = [plan.tf.concat(lines[:MOST], axis), *lines[MOST:]]
    return lines


def _line(x: Any, axis: int, place: int) -> Any:
    """One row or column, from the end where `place` is negative, as STRIDED_SLICE takes it at any size."""
    where = [slice(None)] * 4
    where[axis] = slice(place, None if place == -1 else place + 1)
    return x[tuple(where)]


def _constant_tensorflow(plan: TensorFlowPlan, node: Node, x: Any, sides: Sides, value: float) -> Any:
    _check(plan, node, sides, value)
    left, right, top, bottom = sides
    return plan.tf.pad(x, [[0, 0], [top, bottom], [left, right], [0, 0]])


def _constant_onnx(plan: OnnxPlan, node: Node, x: str, sides: Sides, value: float) -> str:
    _check(plan, node, sides, value)
    return _onnx(plan, node, x, sides, "constant")


def _check(plan: TensorFlowPlan | OnnxPlan, node: Node, sides: Sides, value: float) -> None:
    if value or len(sides) != 4 or min(sides) < 0:
        plan.refuse(node, f"sides {list(sides)}, value {value}; only zeros round H x W")


def _onnx(plan: OnnxPlan, node: Node, x: str, sides: Sides, mode: str) -> str:
    left, right, top, bottom = sides
    pads = plan.constant(node, "sides", np.array([0, 0, top, left, 0, 0, bottom, right]))
    return plan.call("Pad", node, x, pads, mode=mode)


def _slice_tensorflow(
    plan: TensorFlowPlan, node: Node, x: Any, dim: int, start: int | None, end: int | None, step: int
) -> Any:
    _check_slice(plan, node, dim, step)
    where = [slice(None)] * 4
    where[AXES[dim]] = slice(start or None, None if end == sys.maxsize else end)
    return x[tuple(where)]


def _slice_onnx(plan: OnnxPlan, node: Node, x: str, dim: int, start: int | None, end: int | None, step: int) -> str:
    _check_slice(plan, node, dim, step)
    ends = {"start": start or 0, "end": sys.maxsize if end is None else end, "axis": dim}
    return plan.call("Slice", node, x, *(plan.constant(node, name, np.array([one])) for name, one in ends.items()))


def _check_slice(plan: TensorFlowPlan | OnnxPlan, node: Node, dim: int, step: int) -> None:
    if dim not in (2, 3) or step != 1 or node.meta["val"].ndim != 4:
        plan.refuse(node, f"of dimension {dim}, step {step}; only rows or columns that lie together")


BORDER = {"channels": Channels.KEEP, "int8": Int8.MOVES, "proportional": True, "moves_in_coreml": "pad"}
OPERATORS = (
    Operator((aten.pad.default,), Channels.KEEP, decomposed=_any),
    Operator(
        (aten.reflection_pad2d.default,),
        tensorflow=lambda plan, node, x, sides: bordered(plan, x, sides, mirrored=True),
        onnx=lambda plan, node, x, sides: _onnx(plan, node, x, sides, "reflect"),
        on_bytes=True,
        phones="XNNPACK lacks MIRROR_PAD, the GPU delegate GATHER_ND: written as STRIDED_SLICE and CONCATENATION",
        **BORDER,  # type: ignore[arg-type]
    ),
    Operator(
        (aten.replication_pad2d.default,),
        tensorflow=lambda plan, node, x, sides: bordered(plan, x, sides, mirrored=False),
        onnx=lambda plan, node, x, sides: _onnx(plan, node, x, sides, "edge"),
        on_bytes=True,
        phones="no delegate has it: written as STRIDED_SLICE and CONCATENATION",
        **BORDER,  # type: ignore[arg-type]
    ),
    Operator(
        (aten.constant_pad_nd.default,),
        tensorflow=_constant_tensorflow,
        onnx=_constant_onnx,
        **BORDER,  # type: ignore[arg-type]
    ),
    Operator(
        (aten.slice.Tensor,),
        Channels.KEEP,
        Int8.MOVES,
        proportional=True,
        tensorflow=_slice_tensorflow,
        onnx=_slice_onnx,
        on_bytes=True,
        moves_in_coreml="slice_by_index",
    ),
)
