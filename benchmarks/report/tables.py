"""The tables: one set of cells for the console, the page, the Markdown and README."""

from dataclasses import dataclass, field
from typing import Any

from benchmarks.records.pivot import Record, headline_row
from benchmarks.report.formatting import conditions, runtime_text
from benchmarks.systems.names import NAMES, name
from benchmarks.systems.paper import SIZES
from convert.gate import verdicts
from pix2phone.markdown import markdown_table
from pix2phone.units import NONE, bytes_text, decibels, ratio_text, time_text

GROUPS = {
    "paper": "The paper's networks, random weights",
    "peer": "Other papers' networks, random weights",
    "made": "Made here",
    "added": "Added by --system",
    "baseline": "For comparison",
}
SHOWN_MEASURES = {"psnr": ("PSNR, dB", 2), "ssim": ("SSIM", 3), "gradient_error": ("gradient error", 2)}


@dataclass(frozen=True)
class TableCell:
    """One figure and, in small print, its ratio to the paper's; `value` is the column's sort key."""

    text: str
    note: str = ""
    value: float | None = None

    def __str__(self) -> str:
        return f"{self.text} ({self.note})" if self.note else self.text


@dataclass(frozen=True)
class Line:
    """One displayed row; `problem` replaces the figures of a row that was not run or failed."""

    key: str
    group: str
    name: str
    runtime: str
    cells: list[TableCell] = field(default_factory=list)
    problem: str = ""


def columns(record: Record) -> list[str]:
    """The headings after name and runtime."""
    sizes = [f"{size} px" for size in record["protocol"]["sizes"]]
    return [*sizes, "file", *(heading for heading, _ in SHOWN_MEASURES.values())]


def lines(record: Record) -> list[Line]:
    """Every row, the paper's first, its cells in the order of `columns`."""
    rows = sorted(record["rows"], key=lambda row: list(GROUPS).index(row["group"]))
    return [_line(row, record["protocol"]) for row in rows]


def _line(row: Record, protocol: Record) -> Line:
    problem = "" if row["status"] == "measured" else f"{row['status']}: {row['reason']}"
    figures = row.get("fidelity")
    cells = [_time(row["times"].get(str(size))) for size in protocol["sizes"]]
    cells.append(TableCell(bytes_text(row.get("bytes")), value=row.get("bytes")))
    cells += [_score(figures, key, digits) for key, (_, digits) in SHOWN_MEASURES.items()]
    return Line(row["key"], row["group"], name(row), runtime_text(row, protocol["threads"]), cells, problem)


def _score(figures: Record | None, key: str, digits: int) -> TableCell:
    return TableCell(f"{figures[key]:.{digits}f}", value=figures[key]) if figures else TableCell(NONE)


def _time(taken: Record | None) -> TableCell:
    if not taken:
        return TableCell(NONE)
    notes = (ratio_text(taken["ratio"]), "throttled" if taken["throttled"] else "")
    return TableCell(time_text(taken["mean"]), ", ".join(filter(None, notes)), taken["mean"])


def matrix(parity: list[Record]) -> dict[str, Any]:
    """Sizes of the parity check, and (file, its cells in that order) for each file that was run at any.

    None in place of a cell if a file was not checked at that size.
    """
    run, at_sizes = verdicts.matrix(parity)
    rows = [(row["file"], [cells[place] for cells in at_sizes.values()]) for place, row in enumerate(run)]
    return {"sizes": list(at_sizes), "rows": rows}


def parity_markdown(rows: list[Record]) -> str:
    """Two tables of converted.json's `rows`: the verdict of each file, and its PSNR by size, sizes in rows."""
    shown = matrix(rows)
    heads = [
        "file",
        "size",
        "against torch",
        "worst photo, dB",
        "worst tile, dB",
        "largest error",
        "int8 from float, dB",
    ]
    files = [[row["file"], bytes_text(row["bytes"]), row["verdict"], *_figures(row)] for row in rows]
    figures = [[decibels(cell and cell["psnr"]) for cell in cells] for _, cells in shown["rows"]]
    sizes = [[size, *at_size] for size, *at_size in zip(shown["sizes"], *figures, strict=True)]
    names = ["PSNR, dB", *(file for file, _ in shown["rows"])]
    return f"{markdown_table([heads, *files])}\n\n{markdown_table([names, *sizes])}"


def _figures(row: Record) -> list[str]:
    largest = NONE if row["largest"] is None else str(row["largest"])
    return [decibels(row["psnr"]), decibels(row["worst_tile"]), largest, decibels(row["from_float"])]


def markdown(record: Record) -> str:
    """The table as Markdown, with explanations below."""
    return f"{lines_markdown(columns(record), lines(record))}\n\n{conditions(record)}\n"


def lines_markdown(columns: list[str], lines: list[Line]) -> str:
    """A table of `lines` under `columns`, as Markdown."""
    headings = ["network", "runtime", *columns]
    return markdown_table([headings, *(_markdown_row(line, len(headings)) for line in lines)], left=2)


def _markdown_row(line: Line, width: int) -> list[str]:
    what = f"{line.name}, random weights" if line.group in ("paper", "peer") else line.name
    if line.problem:
        return [what, f"{line.runtime}, {line.problem}", *[""] * (width - 2)]
    return [what, line.runtime, *map(str, line.cells)]


def table_2(record: Record) -> list[tuple[str, list[TableCell]]]:
    """The paper's Table 2 and ours in its form: name, then MB and seconds; a note is ours as a share of theirs.

    The last row is the headline file; its note is its speed-up over the paper's model here.
    """
    shown = []
    for model, theirs in record["paper"].items():
        ours = {row["device"]: row for row in record["rows"] if _in_table_2(row, model)}
        size = ours.get("cpu", {}).get("bytes")
        pairs = [(size / 1e6 if size else None, theirs["megabytes"])]
        for device in ("cpu", "cuda"):
            times = ours.get(device, {}).get("times", {})
            pairs += [(times.get(str(px), {}).get("mean"), theirs[device][str(px)]) for px in SIZES]
        shown.append((f"{NAMES[model]}, paper", [TableCell(_plain(their)) for _, their in pairs]))
        shown.append((f"{NAMES[model]}, here", [_beside(our, their) for our, their in pairs]))
    best = headline_row(record)
    if best:
        times = [best["times"].get(str(px)) for px in SIZES]
        cells = [
            TableCell(_plain(taken["mean"]), ratio_text(taken["ratio"])) if taken else TableCell(NONE)
            for taken in times
        ]
        label = f"{name(best)}, {best['runtime']}, here"
        shown.append((label, [TableCell(_plain(best["bytes"] / 1e6)), *cells, *[TableCell(NONE) for _ in SIZES]]))
    return shown


def _in_table_2(row: Record, model: str) -> bool:
    """Whether it is that network, run in the paper's way."""
    eager = row["group"] == "paper" and row["runtime"] == "torch" and row["backend"] in ("CPU", "CUDA")
    return eager and row["model"] == model


def _beside(ours: float | None, theirs: float) -> TableCell:
    if ours is None:
        return TableCell("not run")
    return TableCell(_plain(ours), f"{ours / theirs:.{2 if ours < 10 * theirs else 0}f}×")


def _plain(value: float) -> str:
    return f"{value:.0f}" if value >= 100 else f"{value:.3f}" if value >= 0.1 else f"{value:.4f}"
