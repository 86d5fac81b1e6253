"""Operators are measured in real int8 files; what is subtracted leaves each one's own share."""

import pytest

from benchmarks.profiling import operators

pytestmark = pytest.mark.converter


@pytest.fixture(scope="module")
def rows() -> dict[str, dict[str, float | str]]:
    return {str(row["operator"]): row for row in operators.measure(3, {8: (16,)})}


def test_every_operator_has_its_own_multiplications(rows: dict[str, dict[str, float | str]]) -> None:
    positions = (512 // 8) ** 2
    assert rows["rearrangements"]["gmacs"] == 0
    expected = {
        "1x1": 16 * 16,
        "3x3": 16 * 16 * 9,
        "depthwise 3x3, 1x1": 16 * 9 + 16 * 16,
        "way in and out": 2 * 192 * 16,
    }
    for name, macs in expected.items():
        assert rows[name]["gmacs"] == pytest.approx(positions * macs / 1e9, abs=6e-5)


def test_times_are_measured(rows: dict[str, dict[str, float | str]]) -> None:
    assert float(rows["rearrangements"]["ms"]) > 0
    assert len({row["ms"] for row in rows.values()}) > 1
    assert operators.cells(rows["rearrangements"])[2] == "-"
