"""Which files stand on the front, and which one the report's first sentence is of."""

from copy import deepcopy
from typing import Any

import pytest
from benchmark_runs import parsed
from report_runs import report_run

from benchmarks.records.pivot import by_system, headline_row
from benchmarks.report import render
from benchmarks.report.pareto import front
from benchmarks.students import records
from benchmarks.students.front import figure, picture

pytestmark = pytest.mark.browser


def test_the_front_holds_what_no_other_file_beats_at_everything() -> None:
    seen = by_system(parsed(report_run()))
    assert front(seen) == ["int8", "onnx"]  # the smallest; float32 is slower, larger and farther than either
    twins = [row for row in seen["rows"] if row["key"] == "int8"]
    assert front(seen | {"rows": [*seen["rows"], twins[0] | {"key": "twin"}]}) == ["int8", "twin", "onnx"]
    larger = twins[0] | {"key": "larger", "bytes": 200_000}
    assert "larger" not in front(seen | {"rows": [*seen["rows"], larger]})


def test_the_headline_is_of_the_file_on_all_threads_though_one_were_faster() -> None:
    seen = by_system(parsed(report_run()))
    best = headline_row(seen)
    assert best and best["key"] == "int8"
    alone = best | {"key": "int8 1 thread", "threads": 1, "times": {"512": best["times"]["512"] | {"mean": 1e-4}}}
    assert headline_row(seen | {"rows": [alone, *seen["rows"]]}) == best


def several(changed: str) -> dict[str, Any]:
    """The run's record, in which one file is of another network."""
    seen = by_system(parsed(report_run()))
    rows = [row | ({"model": changed} if row["key"] == "float32" else {}) for row in seen["rows"]]
    return seen | {"rows": rows}


def test_a_run_of_one_network_shows_the_students_and_one_of_several_its_own_files() -> None:
    plots = [render.plots(record)["front"][0] for record in (several("small"), several("nano"))]
    assert ["base int8" in plot for plot in plots] == [True, False]
    assert ["the photo, left as it is" in plot for plot in plots] == [False, True]


def test_the_front_has_every_student_the_unet_and_the_peers_that_were_timed() -> None:
    record = deepcopy(records.choose(records.read_records()))
    peer = {"model": "animeganv2", "precision": "float32", "times": {"512x512": {"mean": 1.2, "ratio": 2.0}}}
    failed = {"model": "mobilenet-unet", "precision": "float32", "times": {}, "failure": "broken"}
    svg = picture(record | {"others": [peer, failed]}) or ""
    for student in record["students"]:
        assert svg.count(f"{student['name']} int8") == 2  # in both panels
    assert svg.count("AnimeGANv2") == 2 and "MobileNet" not in svg and "U-Net ResNet18" in svg
    assert figure(record | {"students": []}, 8, 4) is None
