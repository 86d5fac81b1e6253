"""One run: open every system, time them in turns, judge the pictures of the trained ones; plain JSON comes out."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageOps

from benchmarks import held_out, machine, paper
from benchmarks.protocol import Plan, dropped, reason, take_turns, trimmed_mean
from benchmarks.systems import System, sha256, size_in_bytes
from convert.runtimes.face import NotRun, Runtime, pad
from pix2phone.artefacts import COMPRESSED, CONVERTED, TRAINED, read_json, replacing
from pix2phone.console import say

FORMAT = 1
Row = dict[str, Any]


def run(systems: list[System], plan: Plan, checkpoints: list[Path], out: Path) -> dict[str, Any]:
    """Measure `systems` by `plan` on the held-out photos that `checkpoints` name; pictures go to `out`/pictures.

    A system that cannot be opened or breaks down leaves a row with the reason; the others go on.
    """
    busy = [machine.busy()]
    judged, data = held_out.choose(checkpoints, plan)
    opened = [_open(system, plan.threads) for system in systems]
    for device in ("cpu", "cuda"):
        group = [(row, runtime) for row, runtime in opened if runtime and row["device"] == device]
        for size in plan.sizes:
            _time(group, size, judged[0].photo, plan.iterations_on(device), plan)
    busy.append(machine.busy())
    rows = [row for row, _ in opened]
    _add_ratios(rows)
    with replacing(out / "pictures") as folder:
        judge = held_out.Judge(judged, held_out.source_of(checkpoints), folder)
        rows += _judge(opened, judge)
        shown = held_out.show(judged, folder)
    return {
        "format": FORMAT,
        "made": datetime.now(UTC).isoformat(timespec="seconds"),
        "protocol": _protocol(plan) | {"picture": judged[0].name},
        "machine": machine.facts() | {"busy_percent": busy},
        "held_out": data | {"shown": shown, "not_run": judge.not_run},
        "paper": paper.TABLE_2,
        "rows": rows,
    }


def reports_of_stages(folder: Path) -> dict[str, Any]:
    """What the stages before this one wrote in `folder`: parity of the converted files, training curves."""
    found = {path.stem: folder / path.with_suffix(".json").name for path in (TRAINED, COMPRESSED, CONVERTED)}
    reports = {stage: read_json(path) for stage, path in found.items() if path.exists()}
    curves = {stage: report["curve"] for stage, report in reports.items() if "curve" in report}
    parity = reports.get(CONVERTED.stem, {})
    return {"curves": curves, "parity": {"checkpoint": parity.get("checkpoint", ""), "rows": parity.get("rows", [])}}


def _protocol(plan: Plan) -> dict[str, Any]:
    names = ("iterations", "sizes", "threads", "warm_ups", "seconds", "quick", "seed")
    chosen = {name: getattr(plan, name) for name in names}
    return chosen | {"gpu_iterations": plan.iterations_on("cuda"), "trim": paper.TRIM}


def _open(system: System, threads: int) -> tuple[Row, Runtime | None]:
    row: Row = {name: getattr(system, name) for name in ("key", "model", "precision", "device", "group")}
    row |= {"file": system.path.name if system.path else None, "times": {}, "runtime": "", "status": "measured"}
    runtime: Runtime | None = None
    try:
        runtime = system.open(threads)
        row["runtime"] = runtime.name
    except NotRun as why:
        row |= {"status": "not run", "reason": why.reason}
    except Exception as error:  # any kind of broken file costs its own row only
        _fail(row, error)
    return row | {"bytes": size_in_bytes(system, runtime), "sha256": sha256(system)}, runtime


def _fail(row: Row, error: Exception | str) -> None:
    why = error if isinstance(error, str) else reason(error)
    row |= {"status": "failed", "reason": why}
    say(f"failed: {row['key']}: {why}")


def _time(group: list[tuple[Row, Runtime]], size: int, photo: np.ndarray, iterations: int, plan: Plan) -> None:
    """Add the times at `size` x `size` to every row of `group` that still stands."""
    picture = np.array(ImageOps.fit(Image.fromarray(photo), (size, size), Image.Resampling.LANCZOS))
    standing: dict[str, tuple[Row, Runtime]] = {}
    for row, runtime in group:
        if row["status"] == "measured":
            try:
                runtime.load(pad(picture, *runtime.padded(size, size)))
                standing[row["key"]] = row, runtime
            except Exception as error:  # each runtime has its own kinds
                _fail(row, f"at {size} px: {reason(error)}")
    networks = {key: runtime.invoke for key, (_, runtime) in standing.items()}
    timings = take_turns(networks, iterations, plan, f"timing at {size} px")
    for key, (row, runtime) in standing.items():
        why = timings[key].failure or held_out.fault(runtime)
        if why:
            _fail(row, f"at {size} px: {why}")
        else:
            row["times"][str(size)] = summarise(timings[key].samples)


def summarise(seconds: list[float]) -> dict[str, Any]:
    """The paper's mean of timed iterations beside the iterations themselves, seconds."""
    samples = [round(sample, 7) for sample in seconds]
    return {"mean": round(trimmed_mean(samples), 7), "dropped_each_end": dropped(len(samples)), "samples": samples}


def _add_ratios(rows: list[Row]) -> None:
    """`ratio`: how many times faster than the paper's model on the same device at the same size in this run."""
    papers = {row["device"]: row["times"] for row in rows if row["group"] == "paper" and row["model"] == paper.MODEL}
    for row in rows:
        for size, taken in row["times"].items():
            reference = papers.get(row["device"], {}).get(size)
            taken["ratio"] = round(reference["mean"] / taken["mean"], 3) if reference else None


def _judge(opened: list[tuple[Row, Runtime | None]], judge: held_out.Judge) -> list[Row]:
    """Add fidelity and pictures to the made rows; the row of the photo left as it is comes back."""
    for row, runtime in opened:
        if runtime and row["group"] == "made" and row["status"] == "measured":
            try:
                row |= judge(runtime, row["key"])
            except Exception as error:  # each runtime has its own kinds
                _fail(row, error)
    baseline: Row = {"key": "photo", "model": "photo", "group": "baseline", "status": "measured", "times": {}}
    return [baseline | judge(None, "photo")]
