"""Runs on other devices beside the host's: a table for each, since their runs were not interleaved."""

from dataclasses import dataclass, replace

from benchmarks.records.pivot import Record, by_system
from benchmarks.records.run import Run
from benchmarks.report.formatting import mean_text
from benchmarks.report.tables import Line, columns, lines, lines_markdown

APART = (
    "Each table is a run of its own, which took no turns with this machine's or with another's: how times compare from "
    "one table to another holds only roughly. Plots, ratios and fidelity are this machine's alone."
)


@dataclass(frozen=True)
class DeviceTable:
    """One run on another device: `title` names it, `about` describes the measurement; `lines` are cut to `columns`."""

    title: str
    about: str
    columns: list[str]
    lines: list[Line]


def device_tables(runs: list[Run], host: Record) -> list[DeviceTable]:
    """Tables of `runs`, in the given order; files that differ from the one of the same name in `host` are marked."""
    here = {row["file"]: row["sha256"] for row in host["rows"] if row.get("file")}
    return [_table(run, here) for run in runs]


def _table(run: Run, here: dict[str, str]) -> DeviceTable:
    record = by_system(run)
    shown = len(record["protocol"]["sizes"]) + 1  # times and bytes: only the host judges fidelity
    cut = [replace(line, cells=line.cells[:shown]) for line in lines(record)]
    return DeviceTable(_title(run, record), _about(record, here), columns(record)[:shown], cut)


def _title(run: Run, record: Record) -> str:
    where = ["in a browser"] if run.by == "web" else []
    return ", ".join([record["machine"]["processor"], record["machine"]["system"], *where])


def _about(record: Record, here: dict[str, str]) -> str:
    made = record["made"].replace("T", " ").partition(".")[0].removesuffix("Z").removesuffix("+00:00")
    versions = ", ".join(f"{name} {number}" for name, number in record["machine"]["versions"].items())
    rows = [row for row in record["rows"] if row.get("file")]
    others = dict.fromkeys(row["file"] for row in rows if here.get(row["file"], row["sha256"]) != row["sha256"])
    unlike = f" Another file than this machine's of the same name: {', '.join(others)}." if others else ""
    return f"Time for one picture: {mean_text(record, 'runs')}. Begun {made} UTC, with {versions}.{unlike}"


def markdown(found: list[DeviceTable]) -> str:
    """The same tables as Markdown; empty without any."""
    if not found:
        return ""
    tables = [f"### {run.title}\n\n{lines_markdown(run.columns, run.lines)}\n\n{run.about}" for run in found]
    return "\n\n".join(["", "## On other devices", APART, *tables, ""])
