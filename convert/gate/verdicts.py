"""The results of the parity matrix: a row for each file, two tables, one line for failures."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from convert.gate.parity import Cell
from convert.operators import OperatorCoverage, say_where
from pix2phone.console import say, table
from pix2phone.errors import CheckFailed

FileReport = dict[str, Any]  # fields of a file in converted.json


def summary(cells: Sequence[Cell]) -> FileReport:
    """One file's verdict, reason, and worst figures: failed if any cell failed, not run if any was not run."""
    verdicts = [cell.verdict for cell in cells]
    chosen = next((verdict for verdict in ("failed", "not run") if verdict in verdicts), verdicts[0])
    reasons = [cell.reason for cell in cells if cell.verdict == chosen]
    return {
        "verdict": chosen,
        "reason": max(reasons, key=len),  # the one that also names the layer
        "psnr": min((cell.psnr for cell in cells if cell.psnr is not None), default=None),
        "worst_tile": min((cell.worst_tile for cell in cells if cell.worst_tile is not None), default=None),
        "largest": max((cell.largest for cell in cells if cell.largest is not None), default=None),
        "from_float": min((cell.from_float for cell in cells if cell.from_float is not None), default=None),
    }


def report(rows: list[FileReport], out: Path, keep_failed: bool = False) -> None:
    """Print the files, the matrix and the reasons for missing files; CheckFailed if a file was refused."""
    columns = ("file", "kB", "against torch", "PSNR dB", "worst tile dB", "largest error", "int8 from float dB")
    table(f"made in {out}", columns, map(_cells, rows))
    _print_matrix(rows)
    for row in rows:
        if row["where"]:
            say(say_where(OperatorCoverage(**row["where"])))
    for row in rows:
        if row["verdict"] == "not run" and not row["refused"]:
            say(f"{row['file']}: not run: {row['reason']}")
    if refused := [_refusal(row) for row in rows if row["refused"]]:
        kept = "kept as NAME.failed.SUFFIX if made" if keep_failed else "not kept"
        raise CheckFailed(f"{'; '.join(refused)}; {kept}")


def _refusal(row: FileReport) -> str:
    how = "not run: " if row["verdict"] == "not run" else ""
    return f"{row['file']}: {how}{row['reason']}"


def matrix(rows: Sequence[FileReport]) -> tuple[list[FileReport], dict[str, list[FileReport | None]]]:
    """Those of `rows` that were run at any size, and the cell of each for every size.

    None if a row lacks the size: a Core ML package may cut pictures to its own, and a row of an earlier run has the
    sizes of that run.
    """
    run = [row for row in rows if any(cell["psnr"] is not None for cell in row.get("cells", []))]
    found = [{cell["size"]: cell for cell in row["cells"]} for row in run]
    sizes = dict.fromkeys(size for cells in sorted(found, key=len, reverse=True) for size in cells)
    return run, {size: [cells.get(size) for cells in found] for size in sizes}


def _print_matrix(rows: list[FileReport]) -> None:
    """PSNR by size (rows) and file (columns), or the verdict without a PSNR."""
    run, at_sizes = matrix(rows)
    if not run:
        return
    lines = [
        (size, *("-" if cell is None else _figure(cell["psnr"]) or cell["verdict"] for cell in cells))
        for size, cells in at_sizes.items()
    ]
    table("PSNR in dB at each size", ("size", *(f"{row['target']} {row['precision']}" for row in run)), lines)


def _cells(row: FileReport) -> tuple[str, ...]:
    kilobytes = f"{row['bytes'] / 1000:.0f}" if row["bytes"] else "-"
    levels = "-" if row["largest"] is None else str(row["largest"])
    psnr, tile, whole = (_figure(row[name]) or "-" for name in ("psnr", "worst_tile", "from_float"))
    return (row["file"], kilobytes, row["verdict"], psnr, tile, levels, whole)


def _figure(decibels: float | None) -> str:
    return "" if decibels is None else f"{decibels:.1f}"
