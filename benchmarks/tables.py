"""The results in words and figures: one set of cells for the console, the page, the Markdown and README."""

from dataclasses import dataclass, field
from typing import Any

from benchmarks.paper import MODEL, SIZES

Record = dict[str, Any]
NAMES = {
    "unet-resnet18": "U-Net ResNet18",
    "unet-resnet34": "U-Net ResNet34",
    "small": "student",
    "photo": "the photo, left as it is",
}
GROUPS = {"paper": "The paper's networks, random weights", "made": "Made here", "baseline": "For comparison"}
NONE = "–"
SPACE = "\N{NO-BREAK SPACE}"


@dataclass(frozen=True)
class Cell:
    """One figure and, in smaller print, what it means beside the paper's model."""

    text: str
    note: str = ""

    def __str__(self) -> str:
        return f"{self.text} ({self.note})" if self.note else self.text


@dataclass(frozen=True)
class Line:
    """One row as shown; `problem` replaces the figures of one that was not run or failed."""

    key: str
    group: str
    name: str
    runtime: str
    cells: list[Cell] = field(default_factory=list)
    problem: str = ""


def columns(record: Record) -> list[str]:
    """The headings after name and runtime."""
    sizes = [f"{size} px" for size in record["protocol"]["sizes"]]
    return [*sizes, "file", "PSNR, dB", "SSIM", "gradient error"]


def lines(record: Record) -> list[Line]:
    """Every row, the paper's first, in the order of `columns`."""
    rows = sorted(record["rows"], key=lambda row: list(GROUPS).index(row["group"]))
    return [_line(row, record["protocol"]["sizes"]) for row in rows]


def _line(row: Record, sizes: list[int]) -> Line:
    problem = "" if row["status"] == "measured" else f"{row['status']}: {row['reason']}"
    figures = row.get("fidelity")
    cells = [_time(row["times"].get(str(size))) for size in sizes]
    cells.append(Cell(size_text(row.get("bytes"))))
    cells += [Cell(f"{figures[key]:.{digits}f}" if figures else NONE) for key, digits in DIGITS.items()]
    return Line(row["key"], row["group"], name(row), runtime(row), cells, problem)


DIGITS = {"psnr": 2, "ssim": 3, "gradient_error": 2}


def name(row: Record) -> str:
    """What the row is, without its runtime."""
    model = NAMES.get(row["model"], row["model"])
    return f"{model}, {row['precision']}" if "precision" in row else model


def runtime(row: Record) -> str:
    """The runtime, and the GPU if it was on one."""
    return row.get("runtime") or ("torch, CUDA" if row.get("device") == "cuda" else NONE)


def _time(taken: Record | None) -> Cell:
    if taken is None:
        return Cell(NONE)
    return Cell(time_text(taken["mean"]), ratio_text(taken["ratio"]))


def time_text(seconds: float) -> str:
    """Three digits: 4.13 ms, 286 ms, 1.98 s; the space does not break."""
    return f"{_three(seconds * 1000)}{SPACE}ms" if seconds < 0.9995 else f"{_three(seconds)}{SPACE}s"


def ratio_text(ratio: float | None) -> str:
    """How many times faster than the paper's model: 480×, 1.3×."""
    if ratio is None:
        return ""
    return f"{ratio:.0f}×" if ratio >= 9.95 else f"{ratio:.1f}×" if ratio >= 0.095 else f"{ratio:.2f}×"


def size_text(count: int | None) -> str:
    """Decimal kB and MB, three digits."""
    if count is None:
        return NONE
    return f"{_three(count / 1e6)}{SPACE}MB" if count >= 999_500 else f"{_three(count / 1e3)}{SPACE}kB"


def _three(value: float) -> str:
    return f"{value:.2f}" if value < 9.995 else f"{value:.1f}" if value < 99.95 else f"{value:.0f}"


def markdown(record: Record) -> str:
    """The table as Markdown, with what a reader must know of it beneath."""
    headings = ["network", "runtime", *columns(record)]
    rules = ["---", "---", *["---:"] * (len(headings) - 2)]
    body = [_markdown_row(line, len(headings)) for line in lines(record)]
    table = "\n".join(f"| {' | '.join(cells)} |" for cells in [headings, rules, *body])
    return f"{table}\n\n{conditions(record)}\n"


def _markdown_row(line: Line, width: int) -> list[str]:
    what = f"{line.name}, random weights" if line.group == "paper" else line.name
    if line.problem:
        return [what, line.problem.replace("|", "/"), *[""] * (width - 2)]
    return [what, line.runtime, *map(str, line.cells)]


def conditions(record: Record) -> str:
    """One paragraph: protocol, threads, machine, photos."""
    protocol, held_out, machine = record["protocol"], record["held_out"], record["machine"]
    runs = f"{protocol['iterations']:,} interleaved runs"
    if protocol["seconds"]:
        runs = f"at most {runs} (a row stops once they took {protocol['seconds']:g} s)"
    threads = f"{protocol['threads']} thread{'s' if protocol['threads'] > 1 else ''}"
    return (
        f"Time for one picture: mean of {runs}, without the fastest 5 % and the slowest 5 % (rounded down); {threads}, {machine['cpu']}. In brackets: how many times faster "
        f"than the paper's {NAMES[MODEL]} in eager torch in the same run. Fidelity: mean over {held_out['photos']} held-out "
        f"photos of at most {held_out['longest']} px, against the target picture; gradient error in grey levels, less is better."
    )


def headline(record: Record) -> tuple[Record, str] | None:
    """The row worth talking about, and its largest size up to 512: int8 in LiteRT, else the fastest made one."""
    made = [row for row in record["rows"] if row["group"] == "made" and row["status"] == "measured"]
    size = headline_size(record)
    made = [row for row in made if size in row["times"] and row["device"] == "cpu"]
    if not made:
        return None
    int8 = [row for row in made if row["runtime"] == "LiteRT" and row["precision"] == "int8"]
    return (int8 or sorted(made, key=lambda row: row["times"][size]["mean"]))[0], size


def headline_size(record: Record) -> str:
    """512 where it was measured, else the largest size."""
    sizes = record["protocol"]["sizes"]
    return str(512 if 512 in sizes else max(sizes))


def table_2(record: Record) -> list[tuple[str, list[Cell]]]:
    """The paper's Table 2 and ours in its form: name, then MB and seconds; a note is ours as a share of theirs."""
    shown = []
    for model, theirs in record["paper"].items():
        ours = {row["device"]: row for row in record["rows"] if row["group"] == "paper" and row["model"] == model}
        size = ours.get("cpu", {}).get("bytes")
        pairs = [(size / 1e6 if size else None, theirs["megabytes"])]
        for device in ("cpu", "cuda"):
            times = ours.get(device, {}).get("times", {})
            pairs += [(times.get(str(px), {}).get("mean"), theirs[device][str(px)]) for px in SIZES]
        shown.append((f"{NAMES[model]}, paper", [Cell(_plain(their)) for _, their in pairs]))
        shown.append((f"{NAMES[model]}, here", [_beside(our, their) for our, their in pairs]))
    return shown


def _beside(ours: float | None, theirs: float) -> Cell:
    return Cell("not run") if ours is None else Cell(_plain(ours), f"{ours / theirs:.{2 if ours < 10 * theirs else 0}f}×")


def _plain(value: float) -> str:
    return f"{value:.0f}" if value >= 100 else f"{value:.3f}" if value >= 0.1 else f"{value:.4f}"
