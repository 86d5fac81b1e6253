"""Scores of the students' files on test photos: fidelity beside the reference's, checkerboards and seams."""

from pathlib import Path
from typing import Any

from benchmarks.quality import held_out
from benchmarks.quality.fidelity import program_of
from benchmarks.quality.held_out import JudgedPair
from benchmarks.quality.reference import means, reference_scores
from benchmarks.students.timing import StudentRow
from benchmarks.timing.protocol import BenchmarkPlan
from convert.runtimes.open import open_runtime
from pix2phone.console import track
from train.data.source import Pairs
from train.metrics import scores
from train.seams import Crops, crops, mean_step, spectral_peaks

SEAM_PHOTOS = 8
Known = dict[tuple[Pairs, str], Crops]


def judge(student: StudentRow, path: Path, reference: Path, plan: BenchmarkPlan, known: Known) -> None:
    """Add to `student` the scores of each file by photo, the reference's on the same photos, and its seams.

    `known` caches the agreement of the targets' own crops, which is the same for every student.
    """
    judged, student["data"] = held_out.choose([path], plan)
    source = held_out.source_of([path])
    for precision, row in student["files"].items():
        runtime = open_runtime(Path(row["file"]), plan.threads)
        row["scores"] = {
            pair.name: scores(held_out.paint(runtime, pair.photo), pair.target)
            for pair in track(judged, f"judging {student['name']}, {precision}", len(judged))
        }
        row["means"] = means(row["scores"])
    student["reference"] = reference_scores(reference, source, [pair.name for pair in judged])
    student["seams"] = _seams(student, held_out.spread(judged, SEAM_PHOTOS), source, plan, known)


def _seams(
    student: StudentRow, judged: list[JudgedPair], source: Pairs, plan: BenchmarkPlan, known: Known
) -> dict[str, Any]:
    """By photo, of the int8 file and of the target: spectral peaks at the network's period, and agreement of crops."""
    runtime = open_runtime(Path(student["files"]["int8"]["file"]), plan.threads)
    photos = {}
    for pair in track(judged, f"seams of {student['name']}", len(judged)):
        painted = held_out.paint(runtime, pair.photo)
        if (source, pair.name) not in known:
            known[source, pair.name] = _target_crops(pair, source)
        sides = {
            "painted": (painted, crops(runtime, pair.photo, painted)),
            "target": (pair.target, known[source, pair.name]),
        }
        photos[pair.name] = {
            side: {"peaks": spectral_peaks(picture, student["multiple"]).tolist()} | found._asdict()
            for side, (picture, found) in sides.items()
        }
    return {"period": student["multiple"], "photos": photos}


def _target_crops(pair: JudgedPair, source: Pairs) -> Crops:
    """Agreement of crops painted by the program that makes the targets, if there is one."""
    paint = program_of(source)
    return crops(paint, pair.photo, pair.target) if paint else Crops(None, mean_step(pair.target))
