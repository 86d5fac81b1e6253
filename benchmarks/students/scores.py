"""What students' files make of test photos: fidelity beside the reference's, checkerboards and seams."""

from pathlib import Path
from typing import Any

from benchmarks.quality import held_out
from benchmarks.quality.fidelity import mean_and_error, program_of
from benchmarks.quality.held_out import Judged
from benchmarks.students.timing import Row
from benchmarks.timing.protocol import Plan
from convert.runtimes.open import open_runtime
from pix2phone.artefacts import read_json
from pix2phone.console import track
from pix2phone.errors import UserError
from train.data.source import Painted, Paired, Pairs, from_data
from train.metrics import scores
from train.seams import Crops, crops, mean_step, spectral_peaks

SEAM_PHOTOS = 8
Known = dict[tuple[Pairs, str], Crops]
COMPARABLE = {Paired: ("pairs", "direction"), Painted: ("style", "longest")}  # what a source's targets depend on


def judge(student: Row, path: Path, reference: Path, plan: Plan, known: Known) -> None:
    """Add to `student` the scores of each file by photo, the reference's on the same photos, and its seams.

    `known` gathers how the targets' own crops agree, which is the same for every student.
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


def reference_scores(path: Path, source: Pairs, names: list[str]) -> dict[str, Any]:
    """{"scores": those of the photos `names` in the report at `path`, "means"}, else {"not_run": why there are none}.

    `path` holds "scores" by photo's name and "source", as `python -m train` writes them beside a checkpoint.
    """
    try:
        report = read_json(path)
    except UserError as error:
        return {"not_run": str(error).replace(str(path), path.name).split(";")[0]}
    if not {"scores", "source"} <= report.keys():
        return {"not_run": f"{path.name}: no scores of single photos"}
    if other := _disagreeing(source, report["source"]):
        return {"not_run": f"{path.name}: its targets are others ({', '.join(other)} disagree)"}
    found = {name: report["scores"][name] for name in names if name in report["scores"]}
    if not found:
        return {"not_run": f"{path.name}: none of these photos"}
    return {"scores": found, "means": means(found)}


def _disagreeing(source: Pairs, content: dict[str, Any]) -> list[str]:
    """What the targets of `source` depend on and the source in `content` has otherwise."""
    its = from_data(content)
    if type(its) is not type(source):
        return ["kind"]
    return [name for name in COMPARABLE[type(source)] if getattr(its, name) != getattr(source, name)]


def means(scores: dict[str, dict[str, float]]) -> dict[str, tuple[float, float]]:
    """By measure, the mean over photos and its standard error, of `scores` by photo."""
    rows = list(scores.values())
    return {measure: mean_and_error([row[measure] for row in rows]) for measure in rows[0]}


def _seams(student: Row, judged: list[Judged], source: Pairs, plan: Plan, known: Known) -> dict[str, Any]:
    """By photo, of the int8 file and of the target: spectral peaks at the network's period, and how crops agree."""
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


def _target_crops(pair: Judged, source: Pairs) -> Crops:
    """Of the program that makes the targets, if there is one."""
    paint = program_of(source)
    return crops(paint, pair.photo, pair.target) if paint else Crops(None, mean_step(pair.target))
