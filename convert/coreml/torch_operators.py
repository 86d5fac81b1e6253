"""Torch operators that coremltools lacks, entirely or for some iOS versions; importing this module registers them.

They are space-to-depth and the fake quantisation of compress.int8.quantize.FakeQuantised, with scales fixed in torch.
"""

from typing import Any

import numpy as np
import torch
from coremltools import target
from coremltools.converters.mil import Builder, register_torch_op
from coremltools.converters.mil.frontend.torch.ops import _get_inputs
from coremltools.converters.mil.mil import Var
from coremltools.converters.mil.mil.block import is_current_opset_version_compatible_with

from operators import table

IOS_OF_KERNELS, IOS_OF_ACTIVATIONS = 16, 17  # the first with 8-bit values
MOVES = {entry.moves_in_coreml for entry in table.OPERATORS.values()} - {""}


@register_torch_op
def fake_quantize_per_tensor_affine(context: Any, node: Any) -> None:
    """An activation with 256 levels; unchanged before iOS 17, which does not support them."""
    x, scale, zero_point, *_ = _get_inputs(context, node)
    levels = {"scale": np.float32(scale.val), "zero_point": np.uint8(zero_point.val)}
    if not is_current_opset_version_compatible_with(target.iOS17) or _has_levels(x, levels):
        context.add(x, node.name)
        return
    rounded = Builder.quantize(input=x, output_dtype="uint8", **levels)
    context.add(Builder.dequantize(input=rounded, name=node.name, **levels))


@register_torch_op
def fake_quantize_per_channel_affine(context: Any, node: Any) -> None:
    """A kernel as int8, with a scale for each output channel and zero point 0."""
    kernel, scales = (torch.from_numpy(variable.val) for variable in _get_inputs(context, node)[:2])
    rounded = torch.fake_quantize_per_channel_affine(kernel, scales, torch.zeros_like(scales).int(), 0, -127, 127)
    each = scales.reshape(-1, *[1] * (kernel.ndim - 1))
    stored = (rounded / each).round().to(torch.int8).numpy()
    if is_current_opset_version_compatible_with(target.iOS18):
        weight = Builder.constexpr_blockwise_shift_scale(data=stored, scale=each.numpy(), name=node.name)
    else:
        weight = Builder.constexpr_affine_dequantize(
            quantized_data=stored, zero_point=np.int8(0), scale=scales.numpy(), axis=np.int32(0), name=node.name
        )
    context.add(weight)


def _teach() -> None:
    """Register our entries in place of those of coremltools."""
    for call, entry in table.OPERATORS.items():
        if entry.coreml:
            register_torch_op(entry.coreml, torch_alias=[call.overloadpacket.__name__], override=True)


def _has_levels(x: Var, levels: dict[str, Any]) -> bool:
    """Whether `x` is rounded already, or only moved or picked from rounded values: rounding would change nothing."""
    if x.op is None:
        return False
    if x.op.op_type == "dequantize":
        return all(getattr(x.op, name).val == value for name, value in levels.items())
    parts = x.op.values if x.op.op_type == "concat" else [x.op.inputs.get("x")]
    return x.op.op_type in MOVES and all(part is not None and _has_levels(part, levels) for part in parts)


_teach()
