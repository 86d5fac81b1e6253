"""Limits of Core ML packages are printed before they are made."""

from typing import Any

import pytest

from convert.plan.caveats import caveats
from convert.plan.options import ConvertOptions

FACTS = {"multiple": 4, "reach": 36}


def said(palette_bits: int | None = None, targets: tuple[str, ...] = ("coreml",), **options: Any) -> list[str]:
    return list(caveats(ConvertOptions(targets, **({"sizes": [(512, 512)]} | options)), FACTS, palette_bits))


def test_a_network_that_sees_farther_than_was_measured_is_told() -> None:
    beyond = {"multiple": 4, "tiling": "global", "global_operator": "", "reach_beyond": 768}
    (line,) = caveats(ConvertOptions(("tflite",)), beyond)
    assert "768 px" in line
    (line,) = caveats(ConvertOptions(("tflite",)), beyond | {"global_operator": "Softmax"})
    assert "Softmax" in line and "768" not in line


@pytest.mark.parametrize(("reach", "lines"), [(256, 0), (260, 1), (600, 1)])
def test_a_reach_too_much_for_the_tiles_of_large_pictures_is_told(reach: int, lines: int) -> None:
    metadata = {"multiple": 4, "tiling": "local", "reach": reach}
    assert len([line for line in caveats(ConvertOptions(("onnx",)), metadata) if f"{reach} px" in line]) == lines


def test_nothing_is_said_where_nothing_is_lost() -> None:
    assert said() == said(palette_bits=4) == said(sizes=[(64, 64), (512, 512)]) == []
    assert said(palette_bits=4, ios=15, sizes=[(1, 1)], targets=("onnx", "tflite")) == []


def test_palettes_left_out_before_ios_16_are_told() -> None:
    (line,) = said(palette_bits=4, ios=15)
    assert line.startswith("--ios: 15: ") and "4-bit" in line


def test_what_a_range_costs_is_told() -> None:
    (line,) = said(flexible=True, sizes=[(1, 1)])
    assert "Neural Engine" in line


@pytest.mark.parametrize("size", [(1, 1), (100, 100), (100, 1000)])
def test_sizes_too_small_for_tiles_are_told_and_the_remedy_is_one(size: tuple[int, int]) -> None:
    (line,) = said(sizes=[size])
    assert f"receptive field of {FACTS['reach']} px" in line
    remedy = int(line.rsplit("add ")[-1])
    assert said(sizes=[size, (remedy, remedy)]) == []
