"""Each operator of a saved ML Program gives what torch gives."""

from pathlib import Path

import pytest
import torch
from mil_layers import LAYERS
from mil_moves import MOVES
from mil_programs import PLANES, saved

from convert.mil_operators import OPERATORS

CASES = LAYERS | MOVES


@pytest.mark.parametrize("case", CASES)
def test_operator_gives_what_torch_gives(case: str, tmp_path: Path) -> None:
    build, in_torch = CASES[case]
    torch.testing.assert_close(saved(tmp_path, build, PLANES)(PLANES), in_torch(PLANES), rtol=1e-5, atol=1e-5)


def test_every_operator_is_tested() -> None:
    named = {word for case in CASES for word in case.split(", ")}
    compressed = {name for name in OPERATORS if name.startswith("constexpr_")}
    assert OPERATORS.keys() - compressed <= named
