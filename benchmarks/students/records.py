"""Committed records of `python -m benchmarks.students`, one per kind of processor: ratios hold within a kind."""

from pathlib import Path
from typing import Any

from benchmarks.records.pivot import Record
from benchmarks.records.students import StudentsRun
from benchmarks.schema import parse_record
from benchmarks.students.timing import SQUARE
from benchmarks.timing.machine import describe, has_dot_products, this_machine
from pix2phone.artefacts import ROOT, read_json
from pix2phone.errors import UserError

RESULTS = ROOT / "results"
NAMES = {True: "dot-products", False: "no-dot-products"}  # by `has_dot_products`; first the kind of phones


def path_for_this_processor(folder: Path) -> Path:
    """Path in `folder` of the record for this kind of processor; UserError if its instruction sets are unknown."""
    hardware = this_machine().hardware.plain()
    kind = has_dot_products(hardware)
    if kind is None:
        raise UserError(
            f"--results: {describe(hardware)}: it is not known whether it has 8-bit dot products; leave it out"
        )
    return path_of(folder, kind)


def path_of(folder: Path, dot_products: bool) -> Path:
    """Path of the record of processors with or without 8-bit dot products."""
    return folder / f"students-{NAMES[dot_products]}.json"


def read_records(folder: Path = RESULTS) -> dict[bool, Record]:
    """The records by whether the processor has 8-bit dot products, those with them first; UserError for broken ones."""
    paths = {kind: path_of(folder, kind) for kind in NAMES}
    found = {kind: (path, read_json(path)) for kind, path in paths.items() if path.exists()}
    return {kind: checked(content, str(path)) for kind, (path, content) in found.items()}


def checked(content: Any, name: str) -> Record:
    """`content`, plain JSON, if it is a `StudentsRun`, else UserError that calls it `name` and says where it is not."""
    parse_record(StudentsRun, content, name, "benchmarks/records/students.py")
    return content


def choose(records: dict[bool, Record]) -> Record:
    """The first record with every network, else the last. UserError when there is none."""
    if not records:
        raise UserError("--results: no record of the students; python -m benchmarks.students --results DIR makes one")
    return next((record for record in records.values() if is_whole(record)), list(records.values())[-1])


def is_whole(record: Record) -> bool:
    """Whether the paper's model and the peers were timed in LiteRT too."""
    return bool(record["others"]) and all(SQUARE in row["times"] for row in record["others"])


def ratio(row: Record) -> float:
    """Speed-up over the paper's model in eager torch, at 512 x 512, in the same run."""
    return float(row["times"][SQUARE]["ratio"])
