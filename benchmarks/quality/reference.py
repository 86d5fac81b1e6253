"""Scores of the committed reference network on the photos of a run, from the report written by its training."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from benchmarks.quality.fidelity import mean_and_error
from pix2phone.artefacts import SHIPPED, read_json
from pix2phone.errors import UserError
from train.data.source import BUILTIN, Painted, Paired, Pairs, from_data
from train.metrics import mean_scores

REPORT = SHIPPED.with_name("reference.json")  # of python -m train --preset reference
COMPARABLE = {Paired: ("pairs", "direction"), Painted: ("style", "longest")}  # fields that determine the targets


def reference(source: Pairs, names: list[str]) -> dict[str, Any]:
    """Scores of the committed reference, the paper's network after hours of training.

    Its means over the built-in photos `names`, its "minutes" of training and the "longest" side of its test photos.
    Empty for another look, or for photos outside the built-in ones, on which it has no scores.
    """
    if not isinstance(source, Painted) or source.photos != (BUILTIN,):
        return {}
    report = read_json(REPORT)
    longest = report["source"]["longest"]
    scores = reference_scores(REPORT, replace(source, longest=longest), names).get("scores", {})
    if len(scores) < len(names):
        return {}
    minutes = round(report["curve"][-1]["seconds"] / 60)
    return mean_scores(scores.values()) | {"photos": len(names), "longest": longest, "minutes": minutes}


def reference_scores(path: Path, source: Pairs, names: list[str]) -> dict[str, Any]:
    """{"scores": by photo of `names`, from the report at `path`, "means"}, else {"not_run": reason}.

    `path` holds "scores" by photo's name and "source", as written by `python -m train` beside a checkpoint.
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
    """The fields that determine the targets and differ between `source` and the source in `content`."""
    its = from_data(content)
    if type(its) is not type(source):
        return ["kind"]
    return [name for name in COMPARABLE[type(source)] if getattr(its, name) != getattr(source, name)]


def means(scores: dict[str, dict[str, float]]) -> dict[str, tuple[float, float]]:
    """By measure, the mean over photos and its standard error, of `scores` by photo."""
    rows = list(scores.values())
    return {measure: mean_and_error([row[measure] for row in rows]) for measure in rows[0]}
