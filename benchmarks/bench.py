"""One run: time every system in turns, judge the pictures of the trained ones; a run of schema.json comes out."""

import io
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from benchmarks.quality import held_out
from benchmarks.records.run import FORMAT, PHOTO, Run
from benchmarks.schema import check_run
from benchmarks.systems import paper
from benchmarks.systems.system import System, sha256, size_in_bytes
from benchmarks.timing import machine
from benchmarks.timing.load_monitor import Watch
from benchmarks.timing.partial import Partial
from benchmarks.timing.protocol import Plan
from benchmarks.timing.stage import Row, Stage, mark
from benchmarks.timing.sustained import add_curve
from benchmarks.timing.worker import Child
from benchmarks.timing.worker_session import QUALITY
from pix2phone.artefacts import COMPRESSED, CONVERTED, TRAINED, read_json, replacing


def run(systems: list[System], plan: Plan, checkpoints: list[Path], out: Path) -> Run:
    """Measure `systems` by `plan` on the test photos that `checkpoints` name; pictures go to `out`/pictures.

    A system that cannot be opened or breaks down leaves a row with the reason; the others go on. What an interrupted
    run of the same systems and plan has left in `out` is gone on with.
    """
    judged, data = held_out.choose(checkpoints, plan)
    head = _head(systems, plan, judged[0].name)
    keys = [system.key for system in systems]
    partial = Partial(out, [{name: head[name] for name in head if name != "made"}, keys])
    watch = Watch(partial.readings)
    with ExitStack() as opened, replacing(out / "pictures") as folder:
        rows, children = _time(systems, plan, judged[0].photo, watch, partial, opened)
        _add_ratios(rows)
        if plan.sustained:
            add_curve(systems, rows, plan, judged[0].photo)
        judge = held_out.Judge(judged, held_out.source_of(checkpoints), folder, plan.quick)
        fidelity = _judge(systems, rows, judge, children)
        shown = held_out.show(judged, folder)
    made = head | {"rows": rows, "readings": watch.readings, "disturbed": any(row.get("disturbed") for row in rows)}
    made |= {
        "fidelity": fidelity,
        "held_out": data | {"shown": shown, "not_run": judge.not_run},
        "paper": paper.TABLE_2,
    }
    check_run(made, "this run")
    partial.finish()
    return made


def reports_of_stages(folder: Path) -> dict[str, Any]:
    """What the stages before this one wrote in `folder`: parity of the converted files, training curves."""
    found = {path.stem: folder / path.with_suffix(".json").name for path in (TRAINED, COMPRESSED, CONVERTED)}
    reports = {stage: read_json(path) for stage, path in found.items() if path.exists()}
    curves = {stage: report["curve"] for stage, report in reports.items() if "curve" in report}
    parity = reports.get(CONVERTED.stem, {})
    return {"curves": curves, "parity": {"checkpoint": parity.get("checkpoint", ""), "rows": parity.get("rows", [])}}


def _head(systems: list[System], plan: Plan, picture: str) -> Run:
    """All of a run but what is measured."""
    paths = {system.path.name: system.path for system in systems if system.path and system.path.exists()}
    head: Run = {"format": FORMAT, "by": "desk", "made": datetime.now(UTC).isoformat(timespec="seconds")}
    files = {name: {"bytes": size_in_bytes(path), "sha256": sha256(path)} for name, path in paths.items()}
    own = {
        "picture": picture,
        "threads": plan.threads,
        "gpu_factor": paper.GPU_FACTOR,
        "sustained_seconds": plan.sustained,
    }
    return head | machine.facts() | {"settings": plan.turn_settings() | own, "files": files}


def _time(
    systems: list[System], plan: Plan, photo: np.ndarray, watch: Watch, partial: Partial, opened: ExitStack
) -> tuple[list[Row], dict[str, Child]]:
    """All rows; and of the systems to be judged the processes that are still open after the last size, by system.

    `opened` closes these in the end.
    """
    jpeg = io.BytesIO()
    Image.fromarray(photo).save(jpeg, "JPEG", quality=QUALITY)
    rows: list[Row] = []
    stages: list[Stage] = []
    for size in plan.sizes:
        opened.close()
        stages = [Stage(group, size, plan) for group in _by_processor(systems)]
        for stage in stages:
            opened.callback(stage.close)
            rows += stage.run(photo, jpeg.getvalue(), watch, partial)
    return rows, {key: child for stage in stages for key, child in stage.children.items()}


def _by_processor(systems: list[System]) -> list[list[System]]:
    """Those of the CPU, then those of the GPU, without empty ones."""
    groups = ([system for system in systems if system.on_gpu == on_gpu] for on_gpu in (False, True))
    return [group for group in groups if group]


def _add_ratios(rows: list[Row]) -> None:
    """`ratio`: how many times faster than the paper's model on the same kind of processor at the same size."""
    times = {_place(row): row["statistics_ms"]["trimmed_mean"] for row in rows if _is_reference(row)}
    for row in rows:
        if row["status"] == "measured" and (reference := times.get(_place(row))):
            row["ratio"] = round(reference / row["statistics_ms"]["trimmed_mean"], 3)


def _is_reference(row: Row) -> bool:
    eager = (row["model"], row["group"], row["runtime"]) == (paper.MODEL, "paper", "torch")
    return eager and row["backend"] in ("CPU", "CUDA") and row["status"] == "measured"


def _place(row: Row) -> tuple[bool, int]:
    return row["backend"].startswith("CUDA"), row["size"]["width"]


def _judge(systems: list[System], rows: list[Row], judge: held_out.Judge, children: dict[str, Child]) -> dict[str, Any]:
    """Fidelity and pictures by system, of those that were timed, and of the photo left as it is.

    One that fails on a photo loses its rows. `children` are those that are open already.
    """
    found = {PHOTO: judge(None, PHOTO)}
    for system in systems:
        mine = [row for row in rows if row["system"] == system.key and row["status"] == "measured"]
        if not (system.judged and mine):
            continue
        child = children.get(system.key) or Child(system)
        try:
            if system.key not in children:
                child.open()
            found[system.key] = judge(child, system.key)
        except Exception as error:  # each runtime has its own kinds
            for row in mine:
                mark(row, error)
        finally:
            child.close()
    return found
