"""The work of `python -m convert` after its flags are parsed: each file is written, checked, and kept or refused.

Older files under the names of requested files that this run refused or could not make are removed: they would be
mistaken for this checkpoint's. Other files stay as they are, and their rows stay in converted.json as long as they
come from the same checkpoint.
"""

import shutil
from collections.abc import Iterable, Sequence
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np

from compress.load import load
from convert.fastest import say_fastest, time_files
from convert.foreign import SUFFIXES
from convert.foreign.jobs import list_foreign_jobs
from convert.foreign.open import open_foreign
from convert.gate import parity
from convert.gate.parity import Cell
from convert.gate.verdicts import report, summary
from convert.operators import READERS, where_it_runs
from convert.plan.apps import copy_to_apps
from convert.plan.caveats import caveats
from convert.plan.jobs import Job, Networks, list_jobs
from convert.plan.model_card import Metadata, foreign_metadata, gather_metadata
from convert.plan.options import ConvertOptions
from convert.sizes import STILL, Size, default_sizes
from pix2phone.artefacts import CONVERTED, check_writable, read_json, replacing, write_json
from pix2phone.console import muted, say, track
from pix2phone.errors import CheckFailed, UserError
from pix2phone.external.formats import how_to_export, is_learner
from train.data.photos import builtin


def convert(source: Path, options: ConvertOptions, out: Path) -> None:
    """Convert the checkpoint `source` and print the outcome; CheckFailed if a file was refused.

    `source` may also be an external network, ONNX or TorchScript.
    """
    if source.suffix.lower() not in (".safetensors", *SUFFIXES) and not source.is_dir():
        if remedy := how_to_export(source):
            raise UserError(f"--from: {source}: holds no network that can be run here; {remedy}")
        kinds = f"a checkpoint, .safetensors, or a network, {', '.join(SUFFIXES)}"
        raise UserError(f"--from: {source}: not known by its ending; name {kinds}")
    _check_folder(out)
    foreign = source.suffix.lower() in SUFFIXES and not is_learner(source)
    metadata, jobs, pictures = (_foreign if foreign else _own)(source, options)
    rows: list[Metadata] = []
    for job in track(jobs, "converting", len(jobs)):
        path = out / job.file
        cells = _make(job, path, pictures, options.keep_failed)
        named = {"file": job.file, "target": job.target, "precision": job.precision, "bytes": _bytes(path)}
        refused = job.write is not None and not path.exists()
        detail = {"cells": [asdict(cell) for cell in cells], "where": _where(path), "refused": refused}
        rows.append(named | summary(cells) | detail)
        _record(out / CONVERTED.name, metadata, rows)
    made = [path for job in jobs if (path := out / job.file).exists()]
    _say_all(f"put into the app: {place}" for place in copy_to_apps(made, source, options.targets))
    if speed := time_files(out, rows):
        _record(out / CONVERTED.name, metadata | {"speed": speed}, rows)
        _say_all(say_fastest(speed, rows))
    report(rows, out, options.keep_failed)


def _own(source: Path, options: ConvertOptions) -> tuple[Metadata, list[Job], list[np.ndarray]]:
    compressed = load(source)
    metadata = gather_metadata(source, compressed, options.author)
    options = replace(options, sizes=options.sizes or default_sizes(compressed.folded))
    _say_all(caveats(options, metadata, compressed.palette_bits))
    return metadata, list_jobs(Networks(compressed), metadata, options), _pictures(options.sizes)


def _foreign(source: Path, options: ConvertOptions) -> tuple[Metadata, list[Job], list[np.ndarray]]:
    network = open_foreign(source, options.network)
    metadata = foreign_metadata(network, options.author)
    options = replace(options, sizes=options.sizes or STILL)
    _say_all(caveats(options, metadata))
    pictures = parity.one_of_each_size(parity.taken(network.reference, one) for one in _pictures(options.sizes))
    return metadata, list_foreign_jobs(network, metadata, options), pictures


def _say_all(lines: Iterable[str]) -> None:
    for line in lines:
        say(line)


def _check_folder(out: Path) -> None:
    """UserError unless files can be written to the folder `out`."""
    if out.exists() and not out.is_dir():
        raise UserError(f"--out: {out}: is no folder; name one")
    check_writable(out / CONVERTED.name)


def _pictures(sizes: Sequence[Size]) -> list[np.ndarray]:
    return parity.cut_pictures(builtin("held-out"), (*parity.ODD, *sizes))


def _make(job: Job, path: Path, pictures: list[np.ndarray], keep_failed: bool) -> list[Cell]:
    """Write and check one file; it is at `path` afterwards only if it ran and passed."""
    if job.write is None or job.gate is None:
        _delete(path)
        return [Cell("", "not run", job.why_not)]
    cells: list[Cell] = []
    try:
        for picture in pictures:
            job.gate.same(picture)  # a checkpoint that paints NaN is refused even if its file cannot run
        with replacing(path) as temporary, muted():
            job.write(temporary)
            cells = parity.check(temporary, job.gate, pictures)
            if not all(cell.verdict.startswith("passed") for cell in cells):
                if keep_failed:
                    _move(temporary, failed_path(path))
                raise CheckFailed(path.name)
    except (CheckFailed, UserError) as error:
        _delete(path)
        return cells or [Cell("", "failed", str(error))]
    return cells


def failed_path(path: Path) -> Path:
    """Where `--keep-failed` puts a file refused for `path`."""
    return path.with_name(f"{path.stem}.failed{path.suffix}")


def _move(source: Path, target: Path) -> None:
    _delete(target)
    source.rename(target)


def _delete(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _bytes(path: Path) -> int | None:
    if path.is_dir():
        return sum(part.stat().st_size for part in path.rglob("*") if part.is_file())
    return path.stat().st_size if path.exists() else None


def _where(path: Path) -> Metadata | None:
    """Coverage of the operators of the file at `path` by phone units; None without a file, or a table for its kind."""
    return asdict(where_it_runs(path)) if path.exists() and path.suffix in READERS else None


def _record(path: Path, head: Metadata, rows: list[Metadata]) -> None:
    """Write converted.json: these rows, and the existing other rows of the same checkpoint."""
    try:
        before = read_json(path)
    except UserError:  # none, or one to be rewritten
        before = {}
    same = before.get("sha256") == head["sha256"]
    made = {row["file"] for row in rows}
    kept = [row for row in before.get("rows", []) if same and row["file"] not in made]
    write_json(path, head | {"rows": kept + rows})
