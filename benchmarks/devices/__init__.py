"""Benchmarks on an Android phone (adb), an iPhone (exported JSON) and a browser, all in the form of schema.json."""

from pathlib import Path

from benchmarks.records.run import Run
from benchmarks.timing.protocol import BenchmarkPlan

DEVICES = ("adb", "ios", "web")


def measure_on(
    device: str, plan: BenchmarkPlan, models: list[Path], benchmark_model: Path | None, export: Path | None
) -> Run:
    """Measure on one of `DEVICES` and check the run against the schema. UserError, one line, without such a device.

    With `benchmark_model`, LiteRT's program for Android, the .tflite files `models` are timed without the app.
    """
    from benchmarks.schema import parse_run

    if device == "ios":
        from benchmarks.devices.ios import read_ios

        return read_ios(export)
    if device == "web":
        from benchmarks.devices.web import measure_web

        return parse_run(measure_web(models, plan).plain(), "the run in the browser")
    from benchmarks.devices.adb import Adb
    from benchmarks.devices.android_app import run_app
    from benchmarks.devices.benchmark_model import run_benchmark_model

    adb = Adb()
    run = run_benchmark_model(adb, benchmark_model, models, plan) if benchmark_model else run_app(adb, plan)
    return parse_run(run.plain(), f"the run on {adb.serial}")
