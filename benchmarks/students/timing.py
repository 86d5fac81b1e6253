"""Students' LiteRT files beside the paper's model, all timed in one interleaved run."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageOps

from benchmarks.quality import held_out
from benchmarks.systems import paper
from benchmarks.systems.openers import open_untrained
from benchmarks.systems.peers import litert
from benchmarks.systems.torch_modes import weights_in_bytes
from benchmarks.timing.protocol import BenchmarkPlan, Stopwatch, take_turns
from benchmarks.timing.statistics import dropped, trimmed_mean
from compress.graph import export_graph
from compress.load import load
from convert.litert.write import Precision, write_tflite
from convert.metadata import write_tflite_metadata
from convert.runtimes.base import Runtime, pad
from convert.runtimes.open import open_runtime
from convert.runtimes.torch_model import TorchRuntime
from pix2phone.artefacts import replacing
from pix2phone.console import muted, say
from pix2phone.errors import UserError, first_line

PRECISIONS: tuple[Precision, ...] = ("float32", "int8")
SQUARE, FULL_HD = "512x512", "1920x1080"
SIDES = {SQUARE: (512, 512), FULL_HD: (1080, 1920)}  # height, width
TURNS = 10  # of a file, per run of the paper's model, which takes hundreds of times longer
StudentRow = dict[str, Any]


@dataclass(frozen=True)
class Subject:
    """A network with its picture loaded; its times go into `row["times"]` under `size`, its failure into `student`."""

    runtime: Runtime
    row: StudentRow
    student: StudentRow
    size: str = SQUARE
    turns: int = TURNS


def check(paths: list[Path]) -> None:
    """UserError unless all are int8 checkpoints with distinct names."""
    for path in paths:
        if load(path).ranges is None:
            raise UserError(f"--students: {path}: no int8 step; take it with python -m compress --from {path} --int8")
        if sum(other.stem == path.stem for other in paths) > 1:
            raise UserError(f"--students: {path}: another one has the same name; rename one of them")


def attempt(student: StudentRow, work: Callable[[], None]) -> None:
    """Run `work` unless `student` has failed before; errors are recorded as its failure, and the others continue."""
    if student["failure"]:
        return
    try:
        work()
    except Exception as error:  # each runtime has its own kinds
        student["failure"] = first_line(error)
        say(f"failed: {student['name']}: {student['failure']}")


def student_row(path: Path, folder: Path) -> StudentRow:
    """Name and metadata of the checkpoint, after its files are written into `folder`."""
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    student: StudentRow = {"name": path.stem, "sha256": digest, "files": {}, "failure": ""}
    attempt(student, lambda: _write_files(path, folder, student))
    return student


def _write_files(path: Path, folder: Path, student: StudentRow) -> None:
    network = load(path)
    student |= {"model": network.card.model, "multiple": network.folded.spec.multiple}
    graph = export_graph(network.folded)
    for precision in PRECISIONS:
        file = folder / f"{path.stem}-{precision}.tflite"
        with replacing(file) as temporary, muted():
            write_tflite(graph, temporary, precision, network.ranges)
            write_tflite_metadata(temporary, {"multiple": student["multiple"]})
        student["files"][precision] = {"file": str(file), "bytes": file.stat().st_size, "times": {}}


def untrained_rows() -> list[StudentRow]:
    """Untrained networks, as LiteRT files: the paper's model and two peers."""
    rows = []
    for model, precision in litert.FILES:
        row: StudentRow = {
            "name": f"{model} {precision}",
            "model": model,
            "precision": precision,
            "times": {},
            "failure": "",
        }
        attempt(row, partial(_find_file, row))
        rows.append(row)
    return rows


def _find_file(row: StudentRow) -> None:
    path = litert.untrained_file(row["model"], row["precision"], litert.FOLDER)
    row |= {"file": str(path), "bytes": path.stat().st_size}


def time_all(
    students: list[StudentRow], others: list[StudentRow], photo: np.ndarray, plan: BenchmarkPlan
) -> StudentRow:
    """Add times at 512 x 512 to all files, at 1920 x 1080 to students' int8 ones; return the row of the paper's model.

    `others` come from `untrained_rows`. Each time at 512 x 512 has its "ratio": the speed-up over that model.
    """
    runtime = open_untrained(paper.MODEL, "eager", plan.threads)
    assert isinstance(runtime, TorchRuntime)
    unet: StudentRow = {"model": paper.MODEL, "bytes": weights_in_bytes(runtime.source), "times": {}, "failure": ""}
    subjects = [Subject(_loaded(runtime, photo, SQUARE), unet, unet, turns=1)]
    for student in students:
        attempt(student, partial(_add_subjects, subjects, student, photo, plan))
    for other in others:
        attempt(other, partial(_add_untrained, subjects, other, photo, plan))
    _take_turns(subjects, plan)
    if unet["failure"]:
        raise UserError(f"{paper.MODEL}: {unet['failure']}; without its time nothing can be compared")
    for subject in subjects:
        if taken := subject.row["times"].get(SQUARE):
            taken["ratio"] = round(unet["times"][SQUARE]["mean"] / taken["mean"], 4)
    return unet


def _add_untrained(subjects: list[Subject], other: StudentRow, photo: np.ndarray, plan: BenchmarkPlan) -> None:
    runtime = open_runtime(Path(other["file"]), plan.threads)
    subjects.append(Subject(_loaded(runtime, photo, SQUARE), other, other, turns=1))


def _add_subjects(subjects: list[Subject], student: StudentRow, photo: np.ndarray, plan: BenchmarkPlan) -> None:
    asked = [*((precision, SQUARE) for precision in PRECISIONS), ("int8", FULL_HD)]
    rows = [(student["files"][precision], size) for precision, size in asked]
    subjects += [
        Subject(_loaded(open_runtime(Path(row["file"]), plan.threads), photo, size), row, student, size)
        for row, size in rows
    ]


def _loaded(runtime: Runtime, photo: np.ndarray, size: str) -> Runtime:
    height, width = SIDES[size]
    picture = np.array(ImageOps.fit(Image.fromarray(photo), (width, height), Image.Resampling.LANCZOS))
    runtime.load(pad(picture, *runtime.padded(height, width)))
    return runtime


def _take_turns(subjects: list[Subject], plan: BenchmarkPlan) -> None:
    turns = {(index, turn): subject for index, subject in enumerate(subjects) for turn in range(subject.turns)}
    watches = {f"{index} {turn}": Stopwatch(subject.runtime.invoke) for (index, turn), subject in turns.items()}
    timings = take_turns(watches, plan.iterations_at(512), plan, f"timing {len(subjects)} networks")
    for index, subject in enumerate(subjects):
        mine = [timings[f"{index} {turn}"] for turn in range(subject.turns)]
        error = next((timing.failure for timing in mine if timing.failure), None)
        why = first_line(error) if error else held_out.fault(subject.runtime)
        if why:
            subject.student["failure"] = f"at {subject.size}: {why}"
        else:
            subject.row["times"][subject.size] = summarise([sample for timing in mine for sample in timing.samples])


def summarise(seconds: list[float]) -> dict[str, Any]:
    """The paper's trimmed mean beside the timed iterations, seconds."""
    samples = [round(sample, 7) for sample in seconds]
    return {"mean": round(trimmed_mean(samples), 7), "dropped_each_end": dropped(len(samples)), "samples": samples}
