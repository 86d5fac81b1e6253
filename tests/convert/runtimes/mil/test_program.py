"""The evaluator of ML Programs: float16 results, and refusals by name."""

from pathlib import Path

import numpy as np
import pytest
import torch
from coremltools.converters.mil import Builder as mb
from mil_layers import KERNEL
from mil_programs import PLANES, saved

from convert.runtimes.base import NotRun

pytestmark = pytest.mark.converter


def test_results_in_half_are_rounded_to_half(tmp_path: Path) -> None:
    program = saved(tmp_path, lambda x: mb.mul(x=x, y=np.float16(1.1)), PLANES, half=True)
    found = program(PLANES.half().float())
    assert torch.equal(found, (PLANES.half().float() * float(np.float16(1.1))).half().float())
    assert torch.isinf(program(torch.full_like(PLANES, 65000))).all()


def test_unknown_operator_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(NotRun, match="cumsum, sinh: ") as refused:
        saved(tmp_path, lambda x: mb.sinh(x=mb.cumsum(x=x)), PLANES)
    assert "\n" not in str(refused.value)


def test_unforeseen_use_is_refused_by_name(tmp_path: Path) -> None:
    program = saved(tmp_path, lambda x: mb.conv(x=x, weight=KERNEL, pad_type="same_lower"), PLANES)
    with pytest.raises(NotRun, match="conv .*pad_type 'same_lower'"):
        program(PLANES)
