"""Test photos at full size, side by side: target, big model, student in float, student in int8."""

from collections.abc import Callable
from pathlib import Path

import numpy as np

from benchmarks.quality import held_out
from benchmarks.students.timing import StudentRow, attempt
from benchmarks.timing.protocol import BenchmarkPlan
from convert.runtimes.open import open_runtime
from pix2phone.console import say, track
from pix2phone.pictures import write_picture
from train.preview import strip


def write(students: list[StudentRow], paths: list[Path], count: int, big: Path | None, folder: Path) -> None:
    """One PNG a photo in `folder`/STUDENT, for at most `count` test photos of each of `students`.

    `big` is a checkpoint; without one its panel is left out, with a notice. UserError when it cannot be read.
    """
    teacher = open_runtime(big) if big else None
    painted: dict[bytes, np.ndarray] = {}  # the big model is slow, and students share photos

    def paint_big(photo: np.ndarray) -> list[np.ndarray]:
        if teacher and photo.tobytes() not in painted:
            painted[photo.tobytes()] = teacher(photo)
        return [painted[photo.tobytes()]] if teacher else []

    for student, path in zip(students, paths, strict=True):
        attempt(student, lambda student=student, path=path: _write(student, path, count, paint_big, folder))  # type: ignore[misc]
    panels = ("target", *(["big model"] if big else []), "float", "int8")
    say(f"wrote sheets into {folder}: {' | '.join(panels)}{'' if big else '; big model: not run (no --big)'}")


def _write(
    student: StudentRow, path: Path, count: int, paint_big: Callable[[np.ndarray], list[np.ndarray]], folder: Path
) -> None:
    runtimes = [open_runtime(Path(row["file"])) for row in student["files"].values()]
    judged, _ = held_out.choose([path], BenchmarkPlan(photos=count))
    for pair in track(judged, f"sheets of {student['name']}", len(judged)):
        panels = [pair.target, *paint_big(pair.photo), *(runtime(pair.photo) for runtime in runtimes)]
        write_picture(folder / student["name"] / f"{pair.name}.png", strip([panels]))
