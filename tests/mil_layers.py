"""For each MIL operator that mixes values: a use of it, and the same in torch."""

from typing import Any

import numpy as np
import torch
from coremltools.converters.mil import Builder as mb
from coremltools.converters.mil.mil import Var
from mil_programs import Case, drawn, flat, mb_flat, tensor
from torch.nn import functional as F

KERNEL, DEPTHWISE, BIAS, LINE = drawn(4, 8, 3, 3), drawn(8, 1, 3, 3), drawn(4), drawn(4, 8, 1)
EVEN, DEEP, DENSE = drawn(4, 8, 2, 3), drawn(4, 8, 1, 1, 1), drawn(4, 10)
GROWN, GROWN_LINE, GROWN_GROUPS = drawn(8, 4, 3, 4), drawn(8, 4, 2), drawn(8, 2, 3, 3)
CUSTOM = {"pad_type": "custom", "pad": [1, 2, 0, 1]}
NORM = {"gamma": drawn(8), "beta": drawn(8), "epsilon": 1e-5}
SQUARE = {"gamma": drawn(6, 10), "beta": drawn(6, 10)}
MEAN, VARIANCE = drawn(8), drawn(8) ** 2 + 0.1


def around(x: torch.Tensor, value: float = 0.0) -> torch.Tensor:
    return F.pad(x, (0, 1, 1, 2), value=value)


def rounded(x: Var, dtype: str, zero: Any) -> Var:
    levels = {"scale": np.float32(0.011), "zero_point": zero}
    return mb.dequantize(input=mb.quantize(input=x, output_dtype=dtype, **levels), **levels)


LAYERS: dict[str, Case] = {
    "conv": (
        lambda x: mb.conv(x=x, weight=KERNEL, bias=BIAS, strides=[2, 1], dilations=[1, 2], **CUSTOM),
        lambda x: F.conv2d(around(x), tensor(KERNEL), tensor(BIAS), (2, 1), 0, (1, 2)),
    ),
    "conv, depthwise": (
        lambda x: mb.conv(x=x, weight=DEPTHWISE, groups=8, pad_type="valid"),
        lambda x: F.conv2d(x, tensor(DEPTHWISE), groups=8),
    ),
    "conv, flat": (lambda x: mb.conv(x=mb_flat(x), weight=LINE), lambda x: F.conv1d(flat(x), tensor(LINE))),
    "conv, same": (
        lambda x: mb.conv(x=x, weight=EVEN, pad_type="same", dilations=[2, 1]),
        lambda x: F.conv2d(x, tensor(EVEN), padding="same", dilation=(2, 1)),
    ),
    "conv, same in strides": (
        lambda x: mb.conv(x=x, weight=EVEN, pad_type="same", strides=[2, 3]),
        lambda x: F.conv2d(F.pad(x, (1, 1, 0, 0)), tensor(EVEN), stride=(2, 3)),
    ),
    "conv, volume": (
        lambda x: mb.squeeze(x=mb.conv(x=mb.expand_dims(x=x, axes=[2]), weight=DEEP), axes=[2]),
        lambda x: F.conv2d(x, tensor(DEEP)[:, :, 0]),
    ),
    "conv_transpose": (
        lambda x: mb.conv_transpose(
            x=x, weight=GROWN, bias=BIAS, strides=[2, 1], dilations=[1, 2], pad_type="custom", pad=[1, 1, 2, 2]
        ),
        lambda x: F.conv_transpose2d(x, tensor(GROWN), tensor(BIAS), (2, 1), (1, 2), dilation=(1, 2)),
    ),
    "conv_transpose, uneven": (
        lambda x: mb.conv_transpose(x=x, weight=GROWN, strides=[2, 2], pad_type="custom", pad=[1, 0, 2, 1]),
        lambda x: F.conv_transpose2d(x, tensor(GROWN), stride=2)[:, :, 1:, 2:-1],
    ),
    "conv_transpose, to a shape": (
        lambda x: mb.conv_transpose(
            x=x, weight=GROWN, strides=[2, 2], pad_type="custom", pad=[1, 1, 1, 1], output_shape=[1, 4, 11, 20]
        ),
        lambda x: F.conv_transpose2d(x, tensor(GROWN), stride=2, padding=1),
    ),
    "conv_transpose, groups": (
        lambda x: mb.conv_transpose(x=x, weight=GROWN_GROUPS, groups=2, pad_type="valid"),
        lambda x: F.conv_transpose2d(x, tensor(GROWN_GROUPS), groups=2),
    ),
    "conv_transpose, flat": (
        lambda x: mb.conv_transpose(x=mb_flat(x), weight=GROWN_LINE, strides=[2]),
        lambda x: F.conv_transpose1d(flat(x), tensor(GROWN_LINE), stride=2),
    ),
    "linear": (
        lambda x: mb.linear(x=x, weight=DENSE, bias=BIAS),
        lambda x: F.linear(x, tensor(DENSE), tensor(BIAS)),
    ),
    "matmul": (
        lambda x: mb.matmul(x=mb_flat(x), y=mb_flat(x), transpose_x=True),
        lambda x: flat(x).mT @ flat(x),
    ),
    "matmul, other way": (
        lambda x: mb.matmul(x=mb_flat(x), y=mb_flat(x), transpose_y=True),
        lambda x: flat(x) @ flat(x).mT,
    ),
    "scaled_dot_product_attention": (
        lambda x: mb.scaled_dot_product_attention(query=x, key=x, value=x),
        lambda x: (x @ x.mT / 10**0.5).softmax(-1) @ x,
    ),
    "softmax": (lambda x: mb.softmax(x=x, axis=1), lambda x: x.softmax(1)),
    "batch_norm": (
        lambda x: mb.batch_norm(x=x, mean=MEAN, variance=VARIANCE, **NORM),
        lambda x: F.batch_norm(x, tensor(MEAN), tensor(VARIANCE), tensor(NORM["gamma"]), tensor(NORM["beta"])),
    ),
    "instance_norm": (
        lambda x: mb.instance_norm(x=x, **NORM),
        lambda x: F.instance_norm(x, weight=tensor(NORM["gamma"]), bias=tensor(NORM["beta"])),
    ),
    "layer_norm": (
        lambda x: mb.layer_norm(x=x, axes=[2, -1], gamma=SQUARE["gamma"], beta=SQUARE["beta"], epsilon=1e-3),
        lambda x: F.layer_norm(x, (6, 10), tensor(SQUARE["gamma"]), tensor(SQUARE["beta"]), 1e-3),
    ),
    "layer_norm, channels": (
        lambda x: mb.layer_norm(x=x, axes=[1], **NORM),
        lambda x: F.layer_norm(x.movedim(1, 3), (8,), tensor(NORM["gamma"]), tensor(NORM["beta"])).movedim(3, 1),
    ),
    "reduce_max": (lambda x: mb.reduce_max(x=x, axes=[-1], keep_dims=False), lambda x: x.amax(-1)),
    "reduce_min": (lambda x: mb.reduce_min(x=x, axes=[1], keep_dims=True), lambda x: x.amin(1, True)),
    "reduce_mean": (lambda x: mb.reduce_mean(x=x, axes=[2, 3], keep_dims=True), lambda x: x.mean((2, 3), True)),
    "reduce_sum": (lambda x: mb.reduce_sum(x=x, keep_dims=True), lambda x: x.sum((0, 1, 2, 3), True)),
    "reduce_prod": (
        lambda x: mb.reduce_prod(x=x, axes=[1, 3], keep_dims=False),
        lambda x: x.transpose(2, 3).flatten(1, 2).prod(1),
    ),
    "reduce_l2_norm": (
        lambda x: mb.reduce_l2_norm(x=x, axes=[1, 2], keep_dims=True),
        lambda x: (x * x).sum((1, 2), True).sqrt(),
    ),
    "max_pool": (
        lambda x: mb.max_pool(x=x, kernel_sizes=[3, 2], strides=[2, 1], **CUSTOM),
        lambda x: F.max_pool2d(around(x, -torch.inf), (3, 2), (2, 1)),
    ),
    "max_pool, up": (
        lambda x: mb.max_pool(x=x, kernel_sizes=[3, 3], strides=[2, 2], pad_type="valid", ceil_mode=True),
        lambda x: F.max_pool2d(x, 3, 2, ceil_mode=True),
    ),
    "avg_pool": (
        lambda x: mb.avg_pool(x=x, kernel_sizes=[3, 3], strides=[1, 1], pad_type="custom", pad=[1, 1, 1, 1]),
        lambda x: F.avg_pool2d(x, 3, 1, 1),
    ),
    "avg_pool, inside": (
        lambda x: mb.avg_pool(
            x=x,
            kernel_sizes=[3, 3],
            strides=[2, 2],
            pad_type="custom",
            pad=[1, 1, 1, 1],
            exclude_padding_from_average=True,
        ),
        lambda x: F.avg_pool2d(x, 3, 2, 1, count_include_pad=False),
    ),
    "avg_pool, up": (
        lambda x: mb.avg_pool(
            x=x, kernel_sizes=[3, 3], strides=[2, 2], pad_type="custom", pad=[1, 1, 0, 0], ceil_mode=True
        ),
        lambda x: F.avg_pool2d(x, 3, 2, (1, 0), ceil_mode=True),
    ),
    "upsample_nearest_neighbor": (
        lambda x: mb.upsample_nearest_neighbor(x=x, scale_factor_height=2, scale_factor_width=3),
        lambda x: F.interpolate(x, scale_factor=(2, 3)),
    ),
    "upsample_bilinear": (
        lambda x: mb.upsample_bilinear(x=x, scale_factor_height=2, scale_factor_width=2, align_corners=False),
        lambda x: F.interpolate(x, scale_factor=2, mode="bilinear"),
    ),
    "upsample_bilinear, to a size": (
        lambda x: mb.upsample_bilinear(
            x=x, scale_factor_height=np.float32(65 / 6), scale_factor_width=np.float32(7 / 10), align_corners=True
        ),
        lambda x: F.interpolate(x, (65, 7), mode="bilinear", align_corners=True),
    ),
    "quantize, dequantize": (
        lambda x: rounded(x, "uint8", np.uint8(100)),
        lambda x: torch.fake_quantize_per_tensor_affine(x, 0.011, 100, 0, 255),
    ),
    "quantize, signed": (
        lambda x: rounded(x, "int8", np.int8(-3)),
        lambda x: torch.fake_quantize_per_tensor_affine(x, 0.011, -3, -128, 127),
    ),
}
