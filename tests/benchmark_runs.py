"""Small runs as plain JSON in the form of benchmarks/schema.json, to be changed by tests, and as records."""

from typing import Any

from benchmarks.records import run as records
from benchmarks.timing.statistics import summary

Run = dict[str, Any]


def parsed(content: Run) -> records.Run:
    """The record that plain JSON is."""
    return records.Run.model_validate(content)


def row(samples: list[float], **changes: Any) -> Run:
    """A measured row of 64 x 64 pixels, as a phone might write it."""
    about = {"system": "model-int8.tflite", "model": "small", "group": "made", "runtime": "LiteRT"}
    about |= {"precision": "int8", "backend": "CPU", "threads": 2, "file": "model-int8.tflite", "status": "measured"}
    timed = {"size": {"width": 64, "height": 64}, "samples_ms": samples, "statistics_ms": summary(samples).plain()}
    return about | timed | changes


def not_run(reason: str, **changes: Any) -> Run:
    """A row that has only its reason."""
    empty = row([1.0], status="not run", reason=reason, **changes)
    return {key: value for key, value in empty.items() if key not in ("samples_ms", "statistics_ms")}


def run(*rows: Run, **changes: Any) -> Run:
    """A run of these rows on a phone."""
    about: Run = {"format": 2, "by": "android", "made": "2026-05-01T12:00:00Z", "hardware": {"device": "Pixel 9"}}
    about |= {"os": {"name": "Android", "version": "16"}, "versions": {"app": "0.1.0", "LiteRT": "2.1.0"}}
    sizes = [{"width": 64, "height": 64}]
    about["settings"] = {"sizes": sizes, "iterations": [3], "trim_percent": 5.0, "warm_ups": 3}
    about["files"] = {"model-int8.tflite": {"bytes": 147_000, "sha256": "0" * 64}}
    return about | {"rows": list(rows)} | changes
