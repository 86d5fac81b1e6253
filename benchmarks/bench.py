"""One run: time all systems in turn, judge the trained ones, profile a few; write the record of schema.json."""

import io
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from PIL import Image

from benchmarks.profiling import profile_run
from benchmarks.quality import held_out
from benchmarks.quality.reference import reference
from benchmarks.records.profile import Profile
from benchmarks.records.quality import HeldOut, Judged
from benchmarks.records.row import Row
from benchmarks.records.run import FORMAT, PHOTO, NetworkFile, Published, Run, Settings, Stages
from benchmarks.schema import parse_run
from benchmarks.systems import paper
from benchmarks.systems.catalog import checkpoint_paths
from benchmarks.systems.system import System, sha256, size_in_bytes
from benchmarks.timing import machine
from benchmarks.timing.load_monitor import LoadMonitor
from benchmarks.timing.partial import Partial
from benchmarks.timing.protocol import BenchmarkPlan
from benchmarks.timing.stage import Stage, mark
from benchmarks.timing.sustained import add_curve
from benchmarks.timing.worker import Child
from benchmarks.timing.worker_session import QUALITY
from pix2phone.artefacts import BENCHMARKS, COMPRESSED, CONVERTED, TRAINED, read_json, replacing, write_json


def run(systems: list[System], plan: BenchmarkPlan, folder: Path, out: Path, profile: bool = False) -> Run:
    """Measure `systems` by `plan` on the test photos of the checkpoints in `folder`.

    Writes the record to `out`/benchmarks.json (layer times too with `profile`), and pictures to `out`/pictures.
    A system that fails to open or run gets a row with the reason; the others continue. Partial results in `out` of an
    interrupted run with the same systems and plan are resumed.
    """
    checkpoints = checkpoint_paths(folder)
    judged, data = held_out.choose(checkpoints, plan)
    photo = judged[0].photo
    record = _head(systems, plan, judged[0].name)
    partial = Partial(out, [record.plain() | {"made": ""}, [system.key for system in systems]])
    watch = LoadMonitor(partial.readings)
    with ExitStack() as opened, replacing(out / "pictures") as pictures:
        stages: list[Stage] = []
        for size in plan.sizes:
            opened.close()
            stages = [Stage(group, size, plan) for group in _by_processor(systems)]
            for stage in stages:
                opened.callback(stage.close)
                record.rows += stage.run(photo, _jpeg(photo), watch, partial)
        _add_ratios(record.rows)
        if plan.sustained:
            add_curve(systems, record.rows, plan, photo)
        judge = held_out.Judge(judged, held_out.source_of(checkpoints), pictures, plan.quick)
        children = {key: child for stage in stages for key, child in stage.children.items()}
        record.fidelity = _judge(systems, record.rows, judge, children)
        record.held_out = HeldOut(**data, shown=held_out.show(judged, pictures), not_run=judge.not_run)
    record.readings, record.disturbed = watch.readings, any(row.disturbed for row in record.rows)
    record.stages = reports_of_stages(folder)
    record.stages.reference = reference(held_out.source_of(checkpoints), [photo.name for photo in judged])
    parse_run(record.plain(), "this run")
    write_json(out / BENCHMARKS.name, record.plain())  # save the long measurements before the rest is added
    partial.finish()
    _add_profiles(record, systems, profile)
    write_json(out / BENCHMARKS.name, record.plain())
    return record


def reports_of_stages(folder: Path) -> Stages:
    """Reports of the earlier stages in `folder`: parity of the converted files, training curves."""
    found = {path.stem: folder / path.with_suffix(".json").name for path in (TRAINED, COMPRESSED, CONVERTED)}
    reports = {stage: read_json(path) for stage, path in found.items() if path.exists()}
    curves = {stage: report["curve"] for stage, report in reports.items() if "curve" in report}
    parity = reports.get(CONVERTED.stem, {})
    return Stages(curves=curves, parity={"checkpoint": parity.get("checkpoint", ""), "rows": parity.get("rows", [])})


def _head(systems: list[System], plan: BenchmarkPlan, picture: str) -> Run:
    """The metadata of a run, without measurements."""
    paths = {system.path.name: system.path for system in systems if system.path and system.path.exists()}
    about = machine.this_machine()
    return Run(
        format=FORMAT,
        by="host",
        made=datetime.now(UTC).isoformat(timespec="seconds"),
        hardware=about.hardware,
        os=about.os,
        versions=about.versions,
        settings=_settings(plan, picture),
        files={name: NetworkFile(bytes=size_in_bytes(path), sha256=sha256(path)) for name, path in paths.items()},
        paper={name: Published(**row) for name, row in paper.TABLE_2.items()},
        rows=[],
    )


def _settings(plan: BenchmarkPlan, picture: str) -> Settings:
    own = {"picture": picture, "threads": plan.threads, "gpu_factor": paper.GPU_FACTOR}
    return plan.turn_settings().model_copy(update=own | {"sustained_seconds": plan.sustained})


def _jpeg(photo: np.ndarray) -> bytes:
    content = io.BytesIO()
    Image.fromarray(photo).save(content, "JPEG", quality=QUALITY)
    return content.getvalue()


def _by_processor(systems: list[System]) -> list[list[System]]:
    """CPU systems, then GPU systems, without empty groups."""
    groups = ([system for system in systems if system.on_gpu == on_gpu] for on_gpu in (False, True))
    return [group for group in groups if group]


def _add_ratios(rows: list[Row]) -> None:
    """Add `ratio`: speed-up over the paper's model on the same kind of processor at the same size."""
    times = {_place(row): row.mean_ms for row in rows if _is_reference(row)}
    for row in rows:
        if row.status == "measured" and (theirs := times.get(_place(row))):
            row.ratio = round(theirs / row.mean_ms, 3)


def _is_reference(row: Row) -> bool:
    eager = (row.model, row.group, row.runtime) == (paper.MODEL, "paper", "torch")
    return eager and row.backend in ("CPU", "CUDA") and row.status == "measured"


def _place(row: Row) -> tuple[bool, int]:
    return row.backend.startswith("CUDA"), row.size.width


def _judge(
    systems: list[System], rows: list[Row], judge: held_out.Judge, children: dict[str, Child]
) -> dict[str, Judged]:
    """Fidelity and pictures by system, of the judged systems with times and of the unchanged photo.

    A system that fails on a photo has its rows marked as failed. `children` are the processes already open.
    """
    found = {PHOTO: judge(None, PHOTO)}
    for system in systems:
        mine = [row for row in rows if row.system == system.key and row.status == "measured"]
        if not (system.judged and mine):
            continue
        child = children.get(system.key) or Child(system)
        try:
            if system.key not in children:
                child.open()
            found[system.key] = judge(child, system.key)
        except Exception as error:  # each runtime raises its own kinds
            for row in mine:
                mark(row, error)
        finally:
            child.close()
    return found


def _add_profiles(record: Run, systems: list[System], profile: bool) -> None:
    record.estimates = profile_run.estimates(systems, record)
    if profile:
        profiles: list[Profile] = profile_run.profiles(systems, record)
        record.profiles = profiles
