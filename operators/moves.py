"""Operators that put values together or elsewhere."""

from typing import Any

import numpy as np
import torch
from torch.fx import Node

from operators.channels import shuffled
from operators.entry import Channels, Int8, Operator, aten, sides
from operators.plans import AXES, OnnxPlan, TensorFlowPlan


def _shuffle_tensorflow(plan: TensorFlowPlan, node: Node, x: Any, factor: int) -> Any:
    if node.all_input_nodes[0] not in plan.orders:
        x = plan.tf.gather(x, shuffled(node), axis=-1)
    return plan.tf.nn.depth_to_space(x, factor)


def _shuffle_onnx(plan: OnnxPlan, node: Node, x: str, factor: int) -> str:
    mode = "DCR" if node.all_input_nodes[0] in plan.orders else "CRD"  # channels as (dy, dx, c), or torch's (c, dy, dx)
    return plan.call("DepthToSpace", node, x, blocksize=factor, mode=mode)


def _unshuffle_tensorflow(plan: TensorFlowPlan, node: Node, x: Any, factor: int) -> Any:
    y = plan.tf.nn.space_to_depth(x, factor)
    return y if node in plan.orders else plan.tf.gather(y, np.argsort(shuffled(node)), axis=-1)


def _unshuffle_onnx(plan: OnnxPlan, node: Node, x: str, factor: int) -> str:
    if node in plan.orders:
        return plan.call("SpaceToDepth", node, x, blocksize=factor)
    deep = plan.parts.call("SpaceToDepth", f"{node.name}_shuffled", x, blocksize=factor)
    places = plan.constant(node, "places", np.argsort(shuffled(node)))
    return plan.call("Gather", node, deep, places, axis=1)


def _unshuffle_coreml(context: Any, node: Any) -> None:
    """Before iOS 16 only TensorFlow's order of channels is to be had, which for a single channel is torch's too."""
    from coremltools import target
    from coremltools.converters.mil import Builder
    from coremltools.converters.mil.frontend.torch.ops import _get_inputs
    from coremltools.converters.mil.mil.block import is_current_opset_version_compatible_with

    x, factor = _get_inputs(context, node)
    if is_current_opset_version_compatible_with(target.iOS16):
        context.add(Builder.pixel_unshuffle(x=x, downscale_factor=np.uint32(factor.val), name=node.name))
        return
    whole = {"begin_mask": [True, False, True, True], "end_mask": [True, False, True, True]}
    planes = [Builder.slice_by_index(x=x, begin=[0, c, 0, 0], end=[0, c + 1, 0, 0], **whole) for c in range(x.shape[1])]
    deep = [Builder.space_to_depth(x=plane, block_size=factor.val) for plane in planes]
    context.add(Builder.concat(values=deep, axis=1, name=node.name))


def _view_tensorflow(plan: TensorFlowPlan, node: Node, x: Any, size: list[Any]) -> Any:
    _check_view(plan, node)
    return x


def _view_onnx(plan: OnnxPlan, node: Node, x: str, size: list[Any]) -> str:
    """`size` holds numbers, names of values with one number each, and None for what is computed of those."""
    _check_view(plan, node)
    after = sides(node)
    given = size[2:] if len(after) == 4 else [-1]
    if None in given:
        plan.refuse(node, "to sides that are computed")
    names = [
        side if isinstance(side, str) else plan.constant(node, f"side_{place}", np.array([side]))
        for place, side in enumerate([0, after[1], *given])  # 0: however many pictures there are
    ]
    return plan.call("Reshape", node, x, plan.parts.call("Concat", f"{node.name}_shape", *names, axis=0))


def _check_view(plan: TensorFlowPlan | OnnxPlan, node: Node) -> None:
    before, after = sides(node.all_input_nodes[0]), sides(node)
    if before[:2] != after[:2] or {len(before), len(after)} != {3, 4}:
        plan.refuse(node, f"from {before} to {after}; only H x W may be flattened, and put back")


OPERATORS = (
    Operator(
        (aten.cat.default,),
        Channels.CONCATENATE,
        Int8.MOVES,
        tensorflow=lambda plan, node, parts, dim: plan.tf.concat(parts, AXES[dim]),
        onnx=lambda plan, node, parts, dim: plan.call("Concat", node, *parts, axis=dim),
        on_bytes=True,
        moves_in_coreml="concat",
    ),
    Operator(
        (aten.pixel_shuffle.default,),
        Channels.SHUFFLE,
        Int8.MOVES,
        tensorflow=_shuffle_tensorflow,
        onnx=_shuffle_onnx,
        on_bytes=True,
        moves_in_coreml="pixel_shuffle",
        phones="a GATHER, which leaves the Neural Engine, where the channels cannot be put into TensorFlow's order",
    ),
    Operator(
        (aten.pixel_unshuffle.default,),
        Channels.UNSHUFFLE,
        Int8.MOVES,
        tensorflow=_unshuffle_tensorflow,
        onnx=_unshuffle_onnx,
        coreml=_unshuffle_coreml,
        moves_in_coreml="pixel_unshuffle",
        phones="as for pixel_shuffle",
    ),
    Operator(
        (aten.view.default, aten.reshape.default),
        Channels.VIEW,
        Int8.MOVES,
        tensorflow=_view_tensorflow,
        onnx=_view_onnx,
        on_bytes=True,
        traced=torch.reshape,
        moves_in_coreml="reshape",
    ),
    Operator((aten.sym_size.int,), traced=lambda x, dim: x.shape[dim]),
)
