"""The evaluator of ML Programs: each operator of a saved package gives what torch gives, and the weights are the file's."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import coremltools as ct
import numpy as np
import pytest
import torch
from coremltools.converters.mil import Builder as mb
from coremltools.converters.mil.mil import Var, types
from torch.nn import functional as F

from convert.chatter import muted
from convert.mil import Program
from convert.mil_operators import OPERATORS
from convert.runtimes.face import NotRun

RANDOM = np.random.default_rng(0)
PLANES = torch.from_numpy(RANDOM.normal(size=(1, 8, 6, 10)).astype(np.float32))


def drawn(*shape: int) -> np.ndarray:
    return RANDOM.normal(size=shape).astype(np.float32)


def drawn_bytes(*shape: int) -> np.ndarray:
    return RANDOM.integers(-127, 128, shape).astype(np.int8)


def saved(
    folder: Path, build: Callable[[Var], Var], x: torch.Tensor, ios: ct.target = ct.target.iOS17, half: bool = False
) -> Program:
    """The program x -> build(x), saved just as it is built, and read back."""
    dtype = types.fp16 if half else types.fp32

    @mb.program(input_specs=[mb.TensorSpec(shape=tuple(x.shape), dtype=dtype)], opset_version=ios)
    def program(x: Var) -> Var:
        return build(x)

    with muted():
        ct.convert(
            program,
            convert_to="mlprogram",
            minimum_deployment_target=ios,
            compute_precision=ct.precision.FLOAT32,
            pass_pipeline=ct.PassPipeline.EMPTY,
        ).save(str(folder / "M.mlpackage"))
    return Program(folder / "M.mlpackage")


def space_to_depth(x: torch.Tensor, size: int) -> torch.Tensor:
    """As TensorFlow has it: channels (dy, dx, c)."""
    n, c, h, w = x.shape
    blocks = x.reshape(n, c, h // size, size, w // size, size)
    return blocks.permute(0, 3, 5, 1, 2, 4).reshape(n, -1, h // size, w // size)


KERNEL, DEPTHWISE, BIAS, LINE = drawn(4, 8, 3, 3), drawn(8, 1, 3, 3), drawn(4), drawn(4, 8, 1)
CUSTOM = {"pad_type": "custom", "pad": [1, 2, 0, 1]}
NORM = {"gamma": drawn(8), "beta": drawn(8), "epsilon": 1e-5}
MEAN, VARIANCE = drawn(8), drawn(8) ** 2 + 0.1
OTHER = drawn(1, 8, 6, 10)


def around(x: torch.Tensor, value: float = 0.0) -> torch.Tensor:
    return F.pad(x, (0, 1, 1, 2), value=value)


def flat(x: torch.Tensor) -> torch.Tensor:
    return x.reshape(1, 8, 60)


def mb_flat(x: Var) -> Var:
    return mb.reshape(x=x, shape=[1, 8, -1])


Case = tuple[Callable[[Var], Var], Callable[[torch.Tensor], torch.Tensor]]
CASES: dict[str, Case] = {
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
    "concat": (lambda x: mb.concat(values=[x, mb.relu(x=x)], axis=1), lambda x: torch.cat([x, F.relu(x)], 1)),
    "gather": (lambda x: mb.gather(x=x, indices=[3, 1], axis=2), lambda x: x[:, :, [3, 1]]),
    "slice_by_index": (
        lambda x: mb.slice_by_index(
            x=x,
            begin=[0, 1, 2, 1],
            end=[1, 7, 0, -1],
            stride=[1, 2, 1, 1],
            end_mask=[False, False, True, False],
        ),
        lambda x: x[0:1, 1:7:2, 2:, 1:-1],
    ),
    "slice_by_index, one": (
        lambda x: mb.slice_by_index(
            x=x, begin=[0, 1, 2, 9], end=[1, 3, 5, 9], squeeze_mask=[False, False, False, True]
        ),
        lambda x: x[0:1, 1:3, 2:5, 9],
    ),
    "reshape": (lambda x: mb.reshape(x=x, shape=[4, -1, 3]), lambda x: x.reshape(4, -1, 3)),
    "shape": (
        lambda x: mb.reshape(x=mb_flat(x), shape=mb.concat(values=[1, 8, side(x, 3), side(x, 2)], axis=0)),
        lambda x: x.reshape(1, 8, 10, 6),
    ),
    "transpose": (lambda x: mb.transpose(x=x, perm=[0, 2, 3, 1]), lambda x: x.permute(0, 2, 3, 1)),
    "expand_dims": (lambda x: mb.expand_dims(x=mb_flat(x), axes=[0, -1]), lambda x: flat(x)[None, ..., None]),
    "squeeze": (lambda x: mb.squeeze(x=x, axes=[0]), lambda x: x.squeeze(0)),
    "pixel_shuffle": (lambda x: mb.pixel_shuffle(x=x, upscale_factor=2), lambda x: F.pixel_shuffle(x, 2)),
    "pixel_unshuffle": (
        lambda x: mb.pixel_unshuffle(x=x, downscale_factor=np.uint32(2)),
        lambda x: F.pixel_unshuffle(x, 2),
    ),
    "space_to_depth": (lambda x: mb.space_to_depth(x=x, block_size=2), lambda x: space_to_depth(x, 2)),
    "depth_to_space": (
        lambda x: mb.depth_to_space(x=mb.space_to_depth(x=x, block_size=2), block_size=2),
        lambda x: x,
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


def drawn_once(*shape: int) -> np.ndarray:
    return np.random.default_rng(5).normal(size=shape).astype(np.float32)


def tensor(values: Any) -> torch.Tensor:
    return torch.from_numpy(values)


def side(x: Var, axis: int) -> Var:
    return mb.gather(x=mb.shape(x=x), indices=axis, axis=0)


def rounded(x: Var, dtype: str, zero: Any) -> Var:
    levels = {"scale": np.float32(0.011), "zero_point": zero}
    return mb.dequantize(input=mb.quantize(input=x, output_dtype=dtype, **levels), **levels)


@pytest.mark.parametrize("case", CASES)
def test_operator_gives_what_torch_gives(case: str, tmp_path: Path) -> None:
    build, in_torch = CASES[case]
    torch.testing.assert_close(saved(tmp_path, build, PLANES)(PLANES), in_torch(PLANES), rtol=1e-5, atol=1e-5)


def test_every_operator_is_tested() -> None:
    named = {word for case in CASES for word in case.split(", ")}
    compressed = {name for name in OPERATORS if name.startswith("constexpr_")}
    assert OPERATORS.keys() - compressed <= named


TABLE = drawn(2**4)
PLACES = RANDOM.integers(0, 2**4, (8, 8, 1, 1)).astype(np.uint8)
STORED, SCALES = drawn_bytes(8, 8, 1, 1), np.abs(drawn(8)) / 100


def packed(places: np.ndarray, bits: int) -> np.ndarray:
    """Each place in `bits` bits, the lowest first, one after another."""
    singles = places.reshape(-1, 1) >> np.arange(bits) & 1
    return np.packbits(singles.astype(np.uint8), bitorder="little")


def test_table_of_ios_16(tmp_path: Path) -> None:
    indices = packed(PLACES, 4)
    wanted = F.conv2d(PLANES, tensor(TABLE[PLACES]))

    def build(x: Var) -> Var:
        weight = mb.constexpr_lut_to_dense(indices=indices, lut=TABLE, shape=np.uint32([8, 8, 1, 1]))
        return mb.conv(x=x, weight=weight)

    torch.testing.assert_close(saved(tmp_path, build, PLANES, ct.target.iOS16)(PLANES), wanted, rtol=1e-5, atol=1e-5)


def test_tables_of_ios_18_one_for_each_block(tmp_path: Path) -> None:
    tables = drawn(2, 1, 1, 1, 2**4, 1)  # for the first four channels, and for the others
    indices = PLACES.astype(types.nptype_from_builtin(types.uint4))
    kernel = np.concatenate([tables[half].flatten()[PLACES[4 * half : 4 * half + 4]] for half in range(2)])

    def build(x: Var) -> Var:
        return mb.conv(x=x, weight=mb.constexpr_lut_to_dense(indices=indices, lut=tables))

    found = saved(tmp_path, build, PLANES, ct.target.iOS18)(PLANES)
    torch.testing.assert_close(found, F.conv2d(PLANES, tensor(kernel)), rtol=1e-5, atol=1e-5)


def test_8_bit_weights_of_ios_16(tmp_path: Path) -> None:
    kernel = (STORED.astype(np.float32) - 3) * SCALES.reshape(-1, 1, 1, 1)

    def build(x: Var) -> Var:
        weight = mb.constexpr_affine_dequantize(
            quantized_data=STORED, zero_point=np.int8(3), scale=SCALES, axis=np.int32(0)
        )
        return mb.conv(x=x, weight=weight)

    found = saved(tmp_path, build, PLANES, ct.target.iOS16)(PLANES)
    torch.testing.assert_close(found, F.conv2d(PLANES, tensor(kernel)), rtol=1e-5, atol=1e-5)


def test_8_bit_weights_of_ios_18_in_blocks(tmp_path: Path) -> None:
    scales, shifts = np.abs(drawn(8, 2, 1, 1)) / 100, drawn_bytes(8, 2, 1, 1)
    kernel = (STORED.astype(np.float32) - shifts.repeat(4, 1)) * scales.repeat(4, 1)

    def build(x: Var) -> Var:
        return mb.conv(x=x, weight=mb.constexpr_blockwise_shift_scale(data=STORED, scale=scales, offset=shifts))

    found = saved(tmp_path, build, PLANES, ct.target.iOS18)(PLANES)
    torch.testing.assert_close(found, F.conv2d(PLANES, tensor(kernel)), rtol=1e-5, atol=1e-5)


def test_results_in_half_are_rounded_to_half(tmp_path: Path) -> None:
    program = saved(tmp_path, lambda x: mb.mul(x=x, y=np.float16(1.1)), PLANES, half=True)
    found = program(PLANES.half().float())
    assert torch.equal(found, (PLANES.half().float() * float(np.float16(1.1))).half().float())
    assert torch.isinf(program(torch.full_like(PLANES, 65000))).all()


def test_unknown_operator_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(NotRun, match="cumsum, erf: unknown to the evaluator") as refused:
        saved(tmp_path, lambda x: mb.erf(x=mb.cumsum(x=x)), PLANES)
    assert "\n" not in str(refused.value)


def test_unforeseen_use_is_refused_by_name(tmp_path: Path) -> None:
    program = saved(tmp_path, lambda x: mb.conv(x=x, weight=KERNEL, pad_type="same"), PLANES)
    with pytest.raises(NotRun, match="conv .*pad_type 'same'"):
        program(PLANES)
