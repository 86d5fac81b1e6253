"""The record that an iPhone writes of a benchmark run, for ios_demo/Core; tests/golden/write.py writes it to iphone_run.json."""

from typing import Any

from benchmarks.records.run import FORMAT
from benchmarks.schema import parse_run
from benchmarks.timing.statistics import figures
from pix2phone.processor import of_flags


def run() -> dict[str, Any]:
    """A run of one model at one size: measured by all, failed on the GPU, and ended before the CPU's turn."""
    size = {"width": 1280, "height": 720}
    same = {"model": "small", "group": "made", "runtime": "Core ML", "precision": "int8", "file": "small-int8.mlmodelc"}
    same |= {"weights": "trained", "bytes": 150_000, "size": size}
    samples = [4.125, 3.5, 3.75, 3.625, 9.5, 3.875, 4.25, 3.4375] * 3
    readings = [
        {"at_s": 0.5, "thermal": "nominal", "battery_percent": 81.0, "charging": True},
        {"at_s": 9.25, "thermal": "light"},
    ]
    curve = [
        {"at_s": 5.0, "median_ms": 4.0, "runs": 1, "thermal": "light"},
        {"at_s": 10.0, "median_ms": 5.0, "runs": 1, "thermal": "severe"},
    ]
    measured = {"samples_ms": samples, "statistics_ms": figures(samples), "load_ms": 12.5, "first_ms": 8.75}
    measured |= {"throttled": True, "readings": readings, "sustained": curve}
    rows = [
        {"backend": "ALL", "status": "measured"} | measured,
        {"backend": "CPU_AND_GPU", "status": "failed", "reason": "no memory"},
        {"backend": "CPU_ONLY", "status": "not run", "reason": "the run ended before its turn"},
    ]
    settings = {"sizes": [size], "iterations": [1000], "trim_percent": 5.0, "warm_ups": 3, "pause_ms": 10.0}
    made = {
        "format": FORMAT,
        "by": "ios",
        "made": "2026-01-02T03:04:05Z",
        "hardware": {"device": "iPhone17,1", "cores": 6, "memory_bytes": 8_000_000_000}
        | of_flags(("asimd", "asimddp", "i8mm")),
        "os": {"name": "iOS", "version": "18.0", "architecture": "arm64"},
        "versions": {"ios_demo": "0.1.0"},
        "settings": settings | {"sustained_seconds": 300.0, "quick": False, "picture": "grey"},
        "files": {"small-int8.mlmodelc": {"bytes": 150_000, "sha256": "0123456789abcdef" * 4}},
        "rows": [same | {"system": f"small-int8.mlmodelc {row['backend']}"} | row for row in rows],
    }
    parse_run(made, "iphone_run.json")
    return made
