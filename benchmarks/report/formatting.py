"""Results as text: names, units, the headline, and the conditions of measurement."""

from typing import Any

from benchmarks.records.pivot import Record, headline_row, headline_size, paper_row
from benchmarks.systems.names import NAMES, name
from benchmarks.systems.paper import MODEL
from pix2phone.units import NONE, SPACE, bytes_text, time_text


def runtime_text(row: Record, threads: int) -> str:
    """The runtime; the processor unless it is the CPU, and the number of threads unless all of the run's."""
    parts = [row.get("runtime") or NONE]
    if row.get("backend") not in (None, "CPU", "any"):
        parts.append(row["backend"])
    if row.get("threads") not in (None, threads):
        parts.append(f"{row['threads']} thread{'s' if row['threads'] > 1 else ''}")
    return ", ".join(parts)


def label(row: Record, record: Record) -> str:
    """Name of the row, with its runtime."""
    return f"{name(row)} · {runtime_text(row, record['protocol']['threads'])}"


def threads_text(record: Record) -> str:
    """1 thread, 2 threads."""
    threads = record["protocol"]["threads"]
    return f"{threads} thread{'s' if threads > 1 else ''}"


def conditions(record: Record) -> str:
    """One paragraph: protocol, threads, machine, photos."""
    held_out = record["held_out"]
    return (
        f"Time for one picture: {mean_text(record, 'interleaved runs')}; "
        f"{threads_text(record)}, {record['machine']['processor']}. "
        f"In brackets: how many times faster than the paper's {NAMES[MODEL]} in eager torch in the same run. "
        f"Fidelity: mean over {held_out['photos']} test photos of at most {held_out['longest']} px, against the "
        "target picture; gradient error in grey levels, less is better. "
        "A row made here without it runs the file or checkpoint of one that has it, in another way."
    )


def mean_text(record: Record, runs: str) -> str:
    """Definition of a time: the mean of `runs` iterations, and the trimming."""
    protocol = record["protocol"]
    trim, counted = f"{protocol['trim_percent']:g}{SPACE}%", f"{protocol['iterations']} {runs}"
    if protocol["seconds"]:
        counted = f"at most {counted} (a row stops once two or more took {protocol['seconds']:g} s)"
    return f"mean of {counted}, without the fastest {trim} and the slowest {trim} (rounded down)"


def summary(record: Record) -> dict[str, Any]:
    """The figures of the page's first paragraph, as text; `row` is None if no artefact was timed."""
    row, paper, size = headline_row(record), paper_row(record), headline_size(record)
    if row is None:
        return {"size": size, "row": None}
    figures = row.get("fidelity")
    baseline = next(other for other in record["rows"] if other["group"] == "baseline")
    return {
        "size": size,
        "row": row,
        "name": name(row),
        "bytes": bytes_text(row["bytes"]),
        "time": time_text(row["times"][size]["mean"]),
        "paper_time": time_text(paper["times"][size]["mean"]) if paper else "",
        "paper_bytes": bytes_text(paper["bytes"]) if paper else "",
        "psnr": f"{figures['psnr']:.1f}" if figures else "",
        "baseline": f"{baseline['fidelity']['psnr']:.1f}",
    }
