"""LiteRT's benchmark_model, pushed to the phone with each .tflite file; no app is needed.

It prints only means, so it is started once per iteration: one timed run after the warm-ups is a raw sample.
"""

import re
import time
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.devices.adb import Adb, phone, reading
from benchmarks.records.base import PictureSize
from benchmarks.records.row import Row
from benchmarks.records.run import FORMAT, NetworkFile, Run
from benchmarks.systems.system import sha256, size_in_bytes
from benchmarks.timing.protocol import BenchmarkPlan
from benchmarks.timing.statistics import summary
from pix2phone.console import track
from pix2phone.errors import UserError

FOLDER = "/data/local/tmp/pix2phone"
PROGRAM = f"{FOLDER}/benchmark_model"
TIMES = re.compile(
    r"Init: ([\d.e+]+), First inference: ([\d.e+]+), Warmup \(avg\): [\d.e+]+, Inference \(avg\): ([\d.e+]+)"
)
LOOKS = 10  # readings per row


def run_benchmark_model(adb: Adb, program: Path, models: list[Path], plan: BenchmarkPlan) -> Run:
    """Time `models` on the phone's CPU; a run of schema.json. UserError if the program cannot run on the phone."""
    if not program.is_file():
        raise UserError(f"--benchmark-model: {program}: no such file; name LiteRT's benchmark_model for Android")
    if not models:
        raise UserError("--benchmark-model: no .tflite file to time; make one with python -m convert, or name --system")
    made = datetime.now(UTC).isoformat(timespec="seconds")
    adb.shell("mkdir", "-p", FOLDER)
    adb.push(program, PROGRAM)
    adb.shell("chmod", "+x", PROGRAM)
    begun = time.monotonic()
    rows = []
    for model in models:
        adb.push(model, f"{FOLDER}/{model.name}")
        rows += [_row(adb, model, size, plan, begun) for size in plan.sizes]
    hardware, system = phone(adb)
    settings = plan.settings()
    settings.threads = plan.threads
    return Run(
        format=FORMAT,
        by="android",
        made=made,
        hardware=hardware,
        os=system,
        versions={"benchmark_model": sha256(program)[:12]},
        settings=settings,
        files={model.name: NetworkFile(bytes=size_in_bytes(model), sha256=sha256(model)) for model in models},
        rows=rows,
    )


def _row(adb: Adb, model: Path, size: int, plan: BenchmarkPlan, begun: float) -> Row:
    row = Row(
        system=model.name,
        model=model.stem,
        group="made",
        runtime="LiteRT",
        precision="as made",
        backend="CPU",
        threads=plan.threads,
        file=model.name,
        size=PictureSize.square(size),
        status="measured",
    )
    command = _command(model, size, plan)
    row.readings, samples = [reading(adb, time.monotonic() - begun)], []
    count = plan.iterations_at(size)
    for number in track(range(count), f"{model.name} at {size} px on {adb.serial}", count):
        done = adb.run("shell", *command)
        found = TIMES.search(done.stdout + done.stderr)
        if done.returncode or not found:
            said = (done.stderr or done.stdout).strip().splitlines() or ["it printed no times"]
            row.status, row.reason = "failed", f"benchmark_model: {said[-1]}"
            return row
        load, first, timed = (float(number) / 1000 for number in found.groups())
        samples.append(timed)
        if number == 0:
            row.load_ms, row.first_ms = load, first
        if (number + 1) % max(1, count // LOOKS) == 0:
            row.readings.append(reading(adb, time.monotonic() - begun))
    row.throttled = any(found.thermal not in (None, "nominal") for found in row.readings)
    row.samples_ms, row.statistics_ms = samples, summary(samples, plan.trim_percent)
    return row


def _command(model: Path, size: int, plan: BenchmarkPlan) -> list[str]:
    from pix2phone.runtimes.litert_session import LiteRTSession

    entry = LiteRTSession(model).inputs[0]
    settings = {"graph": f"{FOLDER}/{model.name}", "num_threads": plan.threads, "use_xnnpack": "true"}
    settings |= {"num_runs": 1, "min_secs": 0, "warmup_runs": max(1, plan.warm_ups), "warmup_min_secs": 0}
    settings |= {"input_layer": entry.name, "input_layer_shape": f"1,{size},{size},3"}
    return [PROGRAM, *(f"--{name}={value}" for name, value in settings.items())]
