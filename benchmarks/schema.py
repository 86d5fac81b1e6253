"""The one form of a run, whoever made it: benchmarks/schema.json, and what JSON Schema cannot say."""

import json
from functools import cache
from itertools import pairwise
from math import isfinite
from pathlib import Path
from typing import Any

from benchmarks.records.run import Run
from benchmarks.timing.statistics import figures
from pix2phone.artefacts import read_json
from pix2phone.errors import UserError

SCHEMA = Path(__file__).with_name("schema.json")
TOLERANCE = 0.01  # by which a phone's own statistics may differ from ours of the same samples


@cache
def _validator() -> Any:
    from jsonschema import Draft202012Validator

    return Draft202012Validator(json.loads(SCHEMA.read_text(encoding="utf-8")))


def read_run(path: Path) -> Run:
    """The run in the file `path`. UserError, one line, when it is missing, broken, or not as the schema says."""
    run = read_json(path)
    check_run(run, str(path))
    return run


def check_run(run: Any, name: str) -> None:
    """UserError that calls the run `name` and says where in it what is wrong."""
    errors = list(_validator().iter_errors(run))
    if errors:
        wrong = max(errors, key=lambda error: len(error.absolute_path))  # the innermost says most
        message = wrong.message if len(wrong.message) < 200 else f"{wrong.message[:200]} ..."
        raise UserError(f"{name}: {wrong.json_path}: {message.splitlines()[0]}; see {SCHEMA.name}")
    for number, row in enumerate(run["rows"]):
        if why := _contradiction(run, row):
            raise UserError(f"{name}: $.rows[{number}] ({row['system']}): {why}; see {SCHEMA.name}")


def _contradiction(run: Run, row: dict[str, Any]) -> str:
    """What is well formed in `row` and yet cannot be; empty when all fits together."""
    if "file" in row and row["file"] not in run["files"]:
        return f"file {row['file']!r} is not among $.files"
    for first, second in pairwise(row.get("sustained", [])):
        if second["at_s"] <= first["at_s"]:
            return "the times of its sustained curve do not grow"
    if row["status"] == "measured":
        if not all(map(isfinite, row["samples_ms"])):
            return "its samples are not all finite"
        theirs, ours = row["statistics_ms"], figures(row["samples_ms"], run["settings"]["trim_percent"])
        for name, value in ours.items():
            if not abs(value - theirs[name]) <= TOLERANCE * ours["median"]:  # NaN, which JSON readers take, is no match
                return f"statistics_ms.{name} is {theirs[name]:g}, but its samples give {value:g}"
    return ""
