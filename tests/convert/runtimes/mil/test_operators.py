"""Each operator of a saved ML Program gives torch's result."""

from pathlib import Path

import coremltools as ct
import pytest
import torch
from coremltools.converters.mil import Builder as mb
from mil_elementwise import ELEMENTWISE
from mil_layers import GROWN, LAYERS
from mil_moves import MOVES
from mil_programs import PLANES, saved

from convert.runtimes.base import NotRun
from convert.runtimes.mil.program import OPERATORS

pytestmark = pytest.mark.converter

CASES = ELEMENTWISE | LAYERS | MOVES
NEW = {"scaled_dot_product_attention": ct.target.iOS18}


@pytest.mark.parametrize("case", CASES)
def test_operator_gives_what_torch_gives(case: str, tmp_path: Path) -> None:
    build, in_torch = CASES[case]
    program = saved(tmp_path, build, PLANES, NEW.get(case, ct.target.iOS17))
    torch.testing.assert_close(program(PLANES), in_torch(PLANES), rtol=1e-5, atol=1e-5)


def test_every_operator_is_tested() -> None:
    named = {word for case in CASES for word in case.split(", ")}
    compressed = {name for name in OPERATORS if name.startswith("constexpr_")}
    assert OPERATORS.keys() - compressed <= named


def test_transposed_convolution_to_another_shape_is_not_run(tmp_path: Path) -> None:
    shape = [1, 4, 14, 22]  # where strides alone make 13 x 22
    program = saved(
        tmp_path, lambda x: mb.conv_transpose(x=x, weight=GROWN, strides=[2, 2], output_shape=shape), PLANES
    )
    with pytest.raises(NotRun, match=r"output_shape \[1, 4, 14, 22\], but strides and pad make \[1, 4, 13, 22\]"):
        program(PLANES)
