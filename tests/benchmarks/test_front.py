"""Which files stand on the front, and which one the report's first sentence is of."""

from report_runs import report_run

from benchmarks.by_system import by_system
from benchmarks.pareto import front
from benchmarks.words import headline_row


def test_the_front_holds_what_no_other_file_beats_at_everything() -> None:
    seen = by_system(report_run())
    assert front(seen) == ["int8", "onnx"]  # the smallest; float32 is slower, larger and farther than either
    twins = [row for row in seen["rows"] if row["key"] == "int8"]
    assert front(seen | {"rows": [*seen["rows"], twins[0] | {"key": "twin"}]}) == ["int8", "twin", "onnx"]
    larger = twins[0] | {"key": "larger", "bytes": 200_000}
    assert "larger" not in front(seen | {"rows": [*seen["rows"], larger]})


def test_the_headline_is_of_the_file_on_all_threads_though_one_were_faster() -> None:
    seen = by_system(report_run())
    best = headline_row(seen)
    assert best and best["key"] == "int8"
    alone = best | {"key": "int8 1 thread", "threads": 1, "times": {"512": best["times"]["512"] | {"mean": 1e-4}}}
    assert headline_row(seen | {"rows": [alone, *seen["rows"]]}) == best
