"""For each MIL operator that computes: a use of it, and the same in torch."""

from typing import Any

import numpy as np
import torch
from coremltools.converters.mil import Builder as mb
from coremltools.converters.mil.mil import Var
from mil_programs import Case, drawn, flat, mb_flat, tensor
from torch.nn import functional as F

KERNEL, DEPTHWISE, BIAS, LINE = drawn(4, 8, 3, 3), drawn(8, 1, 3, 3), drawn(4), drawn(4, 8, 1)
CUSTOM = {"pad_type": "custom", "pad": [1, 2, 0, 1]}
NORM = {"gamma": drawn(8), "beta": drawn(8), "epsilon": 1e-5}
MEAN, VARIANCE = drawn(8), drawn(8) ** 2 + 0.1
OTHER = drawn(1, 8, 6, 10)


def around(x: torch.Tensor, value: float = 0.0) -> torch.Tensor:
    return F.pad(x, (0, 1, 1, 2), value=value)


def drawn_once(*shape: int) -> np.ndarray:
    return np.random.default_rng(5).normal(size=shape).astype(np.float32)


def rounded(x: Var, dtype: str, zero: Any) -> Var:
    levels = {"scale": np.float32(0.011), "zero_point": zero}
    return mb.dequantize(input=mb.quantize(input=x, output_dtype=dtype, **levels), **levels)


LAYERS: dict[str, Case] = {
    "identity": (lambda x: mb.identity(x=x), lambda x: x),
    "cast": (lambda x: mb.cast(x=mb.cast(x=x, dtype="int32"), dtype="fp32"), torch.trunc),
    "cast to half": (lambda x: mb.cast(x=mb.cast(x=x, dtype="fp16"), dtype="fp32"), lambda x: x.half().float()),
    "add": (lambda x: mb.add(x=x, y=OTHER), lambda x: x + OTHER),
    "sub": (lambda x: mb.sub(x=2.5, y=x), lambda x: 2.5 - x),
    "mul": (lambda x: mb.mul(x=x, y=drawn_once(8, 1, 1)), lambda x: x * drawn_once(8, 1, 1)),
    "real_div": (lambda x: mb.real_div(x=x, y=255.0), lambda x: x / 255),
    "maximum": (lambda x: mb.maximum(x=x, y=0.2), lambda x: x.clamp(min=0.2)),
    "minimum": (lambda x: mb.minimum(x=x, y=0.2), lambda x: x.clamp(max=0.2)),
    "clip": (lambda x: mb.clip(x=x, alpha=-0.5, beta=1.0), lambda x: x.clamp(-0.5, 1)),
    "relu": (lambda x: mb.relu(x=x), F.relu),
    "leaky_relu": (lambda x: mb.leaky_relu(x=x, alpha=0.1), lambda x: F.leaky_relu(x, 0.1)),
    "sigmoid": (lambda x: mb.sigmoid(x=x), torch.sigmoid),
    "tanh": (lambda x: mb.tanh(x=x), torch.tanh),
    "conv": (
        lambda x: mb.conv(x=x, weight=KERNEL, bias=BIAS, strides=[2, 1], dilations=[1, 2], **CUSTOM),
        lambda x: F.conv2d(around(x), tensor(KERNEL), tensor(BIAS), (2, 1), 0, (1, 2)),
    ),
    "conv, depthwise": (
        lambda x: mb.conv(x=x, weight=DEPTHWISE, groups=8, pad_type="valid"),
        lambda x: F.conv2d(x, tensor(DEPTHWISE), groups=8),
    ),
    "conv, flat": (lambda x: mb.conv(x=mb_flat(x), weight=LINE), lambda x: F.conv1d(flat(x), tensor(LINE))),
    "matmul": (
        lambda x: mb.matmul(x=mb_flat(x), y=mb_flat(x), transpose_x=True),
        lambda x: flat(x).mT @ flat(x),
    ),
    "matmul, other way": (
        lambda x: mb.matmul(x=mb_flat(x), y=mb_flat(x), transpose_y=True),
        lambda x: flat(x) @ flat(x).mT,
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
    "reduce_mean": (lambda x: mb.reduce_mean(x=x, axes=[2, 3], keep_dims=True), lambda x: x.mean((2, 3), True)),
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
    "upsample_nearest_neighbor": (
        lambda x: mb.upsample_nearest_neighbor(x=x, scale_factor_height=2, scale_factor_width=3),
        lambda x: F.interpolate(x, scale_factor=(2, 3)),
    ),
    "upsample_bilinear": (
        lambda x: mb.upsample_bilinear(x=x, scale_factor_height=2, scale_factor_width=2, align_corners=False),
        lambda x: F.interpolate(x, scale_factor=2, mode="bilinear"),
    ),
    "pad": (
        lambda x: mb.pad(x=x, pad=[0, 1, 1, 2, 0, 1], constant_val=0.5),
        lambda x: F.pad(x, (0, 1, 1, 2, 0, 1), value=0.5),
    ),
    "pad, reflect": (
        lambda x: mb.pad(x=x, pad=[0, 0, 0, 0, 1, 2, 3, 0], mode="reflect"),
        lambda x: F.pad(x, (3, 0, 1, 2), mode="reflect"),
    ),
    "pad, replicate": (
        lambda x: mb.pad(x=x, pad=[1, 2, 3, 0], mode="replicate"),
        lambda x: F.pad(x, (3, 0, 1, 2), mode="replicate"),
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
