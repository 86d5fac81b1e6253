"""Weights of ML Programs that are tables or 8-bit steps are the numbers that the file means."""

from pathlib import Path

import coremltools as ct
import numpy as np
import pytest
import torch
from coremltools.converters.mil import Builder as mb
from coremltools.converters.mil.mil import Var, types
from mil_programs import PLANES, RANDOM, drawn, drawn_bytes, saved, tensor
from torch.nn import functional as F

pytestmark = pytest.mark.converter

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
