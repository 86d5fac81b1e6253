"""What `python -m convert` does once its flags are parsed: each file is written, checked, and kept or refused.

No file stays under a name that was asked for if this run refused it or could not make it: an older one, left in
place, would be taken for this checkpoint's. Files that were not asked for stay as they are, and their rows stay in
converted.json as long as they come from the same checkpoint.
"""

import hashlib
import shutil
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import cache, partial
from importlib.metadata import version
from pathlib import Path
from typing import Any, get_args

import numpy as np
from torch.fx import GraphModule

from compress.graph import export_graph
from compress.int8.quantize import Ranges
from compress.load import Compressed, load
from convert import parity
from convert.chatter import muted
from convert.coreml import precision_of, write_coreml
from convert.metadata import write_tflite_metadata
from convert.onnx import write_onnx
from convert.parity import Verdict
from convert.tflite import Precision, write_tflite
from pix2phone.artefacts import CONVERTED, read_json, replacing, write_json
from pix2phone.console import say, table, track
from pix2phone.errors import CheckFailed, UserError
from train.data.photos import builtin

FLOAT_FLOOR, INT8_FLOOR = 40.0, 30.0  # dB from torch
NO_INT8 = "no int8 step: python -m compress --int8"
PACKAGES = ("torch", "coremltools", "tensorflow", "ai-edge-litert", "onnx", "onnxruntime")
Facts = dict[str, Any]


@dataclass(frozen=True)
class Job:
    """One file to make: `write(path)`; None where the checkpoint does not hold what it takes."""

    file: str
    target: str
    precision: str
    write: Callable[[Path], None] | None
    floor: float = FLOAT_FLOOR


def convert(source: Path, targets: list[str], out: Path) -> None:
    """Convert the checkpoint `source` to `targets` and print what came of it; CheckFailed if a file was refused."""
    compressed = load(source)
    head = _head(source, compressed)
    reference = parity.Reference(compressed.folded)
    pictures = parity.cut_pictures(builtin("held-out"))
    rows: list[Facts] = []
    jobs = _jobs(compressed, head, targets)
    for job in track(jobs, "converting", len(jobs)):
        path = out / job.file
        verdict = _make(job, path, reference, pictures)
        named = {"file": job.file, "target": job.target, "precision": job.precision, "bytes": _bytes(path)}
        rows.append(named | asdict(verdict))
        _record(out / CONVERTED.name, head, rows)
    _report(rows, out)


def _jobs(compressed: Compressed, facts: Facts, targets: list[str]) -> list[Job]:
    model = compressed.folded
    graph = cache(partial(export_graph, model))
    jobs = []
    if "coreml" in targets:
        bits = compressed.palette_bits
        package = partial(_write_coreml, graph, facts, bits)
        jobs.append(Job("Model.mlpackage", "coreml", precision_of(None, bits), package))
    if "onnx" in targets:
        jobs.append(Job("model.onnx", "onnx", "float32", partial(write_onnx, model, facts=facts)))
    if "tflite" in targets:
        for precision in get_args(Precision):
            possible = precision != "int8" or compressed.ranges is not None
            write = partial(_write_tflite, graph, precision, compressed.ranges, facts) if possible else None
            floor = INT8_FLOOR if precision == "int8" else FLOAT_FLOOR
            jobs.append(Job(f"model-{precision}.tflite", "tflite", precision, write, floor))
    return jobs


def _write_coreml(graph: Callable[[], GraphModule], facts: Facts, palette_bits: int | None, path: Path) -> None:
    write_coreml(graph(), path, facts, palette_bits=palette_bits)


def _write_tflite(
    graph: Callable[[], GraphModule], precision: Precision, ranges: Ranges | None, facts: Facts, path: Path
) -> None:
    write_tflite(graph(), path, precision, ranges)
    write_tflite_metadata(path, facts)


def _make(job: Job, path: Path, reference: parity.Reference, pictures: list[np.ndarray]) -> Verdict:
    """Write and check one file; it is at `path` afterwards unless it failed or could not be made."""
    if job.write is None:
        _delete(path)
        return Verdict("not run", NO_INT8)
    verdict = None
    try:
        for picture in pictures:
            reference(picture)  # a checkpoint that paints NaN is refused even where its file cannot be run
        with replacing(path) as temporary, muted():
            job.write(temporary)
            verdict = parity.check(temporary, reference, pictures, job.floor)
            if verdict.verdict == "failed":
                raise CheckFailed(verdict.reason)
    except (CheckFailed, UserError) as error:
        _delete(path)
        return verdict or Verdict("failed", str(error))
    return verdict


def _delete(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _bytes(path: Path) -> int | None:
    if path.is_dir():
        return sum(part.stat().st_size for part in path.rglob("*") if part.is_file())
    return path.stat().st_size if path.exists() else None


def _head(source: Path, compressed: Compressed) -> Facts:
    """What converted.json, and every file's metadata, say of where the file comes from."""
    return {
        "checkpoint": source.name,
        "sha256": hashlib.sha256(source.read_bytes()).hexdigest(),
        "model": compressed.card.model,
        "multiple": compressed.folded.spec.multiple,
        "versions": {name: version(name) for name in ("pix2phone", *PACKAGES)},
    }


def _record(path: Path, head: Facts, rows: list[Facts]) -> None:
    """Write converted.json: these rows, and of those already there the others of the same checkpoint."""
    try:
        before = read_json(path)
    except UserError:  # none, or one that is written anew
        before = {}
    same = before.get("sha256") == head["sha256"]
    made = {row["file"] for row in rows}
    kept = [row for row in before.get("rows", []) if same and row["file"] not in made]
    write_json(path, head | {"rows": kept + rows})


def _report(rows: list[Facts], out: Path) -> None:
    """Print the table, and why a file was not run; CheckFailed if one failed."""
    table(f"made in {out}", ("file", "kB", "against torch", "PSNR dB", "worst tile dB"), map(_cells, rows))
    reasons = {row["file"]: row["reason"] for row in rows if row["verdict"] == "failed"}
    for row in rows:
        if row["verdict"] == "not run":
            say(f"{row['file']}: not run: {row['reason']}")
    if reasons:
        raise CheckFailed(f"{'; '.join(f'{file}: {reason}' for file, reason in reasons.items())}; not kept")


def _cells(row: Facts) -> tuple[str, ...]:
    size, *figures = (row[name] for name in ("bytes", "psnr", "worst_tile"))
    kilobytes = f"{size / 1000:.0f}" if size else "-"
    decibels = (f"{figure:.1f}" if figure is not None else "-" for figure in figures)
    return (row["file"], kilobytes, row["verdict"], *decibels)
