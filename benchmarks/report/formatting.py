"""Results in words and figures: names, units, the headline, and under which conditions they were taken."""

from typing import Any

from benchmarks.systems.paper import MODEL

Record = dict[str, Any]
NAMES = {
    "unet-resnet18": "U-Net ResNet18",
    "unet-resnet34": "U-Net ResNet34",
    "pix2pix-resnet6": "pix2pix ResNet, 6 blocks",
    "pix2pix-unet": "pix2pix U-Net",
    "cyclegan-resnet9": "CycleGAN ResNet, 9 blocks",
    "animeganv2": "AnimeGANv2",
    "johnson": "Johnson's style transfer",
    "mobilenet-unet": "U-Net MobileNetV2",
    "photo": "the photo, left as it is",
}
NONE = "–"
SPACE = "\N{NO-BREAK SPACE}"


def name(row: Record) -> str:
    """What the row is, without its runtime."""
    model = str(NAMES.get(row["model"], row["model"]))
    return f"{model}, {row['precision']}" if "precision" in row else model


def runtime_text(row: Record, threads: int) -> str:
    """The runtime; what computes unless it is the CPU, and how many threads unless all that the run has."""
    parts = [row.get("runtime") or NONE]
    if row.get("backend") not in (None, "CPU", "any"):
        parts.append(row["backend"])
    if row.get("threads") not in (None, threads):
        parts.append(f"{row['threads']} thread{'s' if row['threads'] > 1 else ''}")
    return ", ".join(parts)


def label(row: Record, record: Record) -> str:
    """What the row is, with its runtime."""
    return f"{name(row)} · {runtime_text(row, record['protocol']['threads'])}"


def time_text(seconds: float) -> str:
    """Three digits: 4.13 ms, 286 ms, 1.98 s; the space does not break."""
    return f"{_three(seconds * 1000)}{SPACE}ms" if seconds < 0.9995 else f"{_three(seconds)}{SPACE}s"


def ratio_text(ratio: float | None) -> str:
    """How many times faster than the paper's model: 480×, 1.3×; whole ones rounded down, as goals are judged."""
    if ratio is None:
        return ""
    return f"{int(ratio)}×" if ratio >= 9.95 else f"{ratio:.1f}×" if ratio >= 0.095 else f"{ratio:.2f}×"


def size_text(count: int | None) -> str:
    """Decimal kB and MB, three digits."""
    if count is None:
        return NONE
    return f"{_three(count / 1e6)}{SPACE}MB" if count >= 999_500 else f"{_three(count / 1e3)}{SPACE}kB"


def decibels(value: float | None) -> str:
    """One digit."""
    return NONE if value is None else f"{value:.1f}"


def _three(value: float) -> str:
    return f"{value:.2f}" if value < 9.995 else f"{value:.1f}" if value < 99.95 else f"{value:.0f}"


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
    """What a time is: the mean of how many `runs`, and which of them count."""
    protocol = record["protocol"]
    trim, counted = f"{protocol['trim_percent']:g}{SPACE}%", f"{protocol['iterations']} {runs}"
    if protocol["seconds"]:
        counted = f"at most {counted} (a row stops once two or more took {protocol['seconds']:g} s)"
    return f"mean of {counted}, without the fastest {trim} and the slowest {trim} (rounded down)"


def headline_size(record: Record) -> str:
    """512 where it was measured, else the largest size."""
    sizes = record["protocol"]["sizes"]
    return str(512 if 512 in sizes else max(sizes))


def headline_row(record: Record) -> Record | None:
    """The row worth talking about: int8 in LiteRT on all threads, else the fastest made one; None if none was timed."""
    size, threads = headline_size(record), record["protocol"]["threads"]
    made = [row for row in record["rows"] if row["group"] == "made" and row["device"] == "cpu"]
    made = [row for row in made if row["threads"] == threads]
    timed = [row for row in made if row["status"] == "measured" and size in row["times"]]
    int8 = [row for row in timed if row["runtime"] == "LiteRT" and row["precision"] == "int8"]
    return min(int8 or timed, key=lambda row: row["times"][size]["mean"], default=None)


def paper_row(record: Record) -> Record | None:
    """The paper's model on the CPU, if it was timed at the headline size."""
    for row in record["rows"]:
        if row["group"] == "paper" and (row["model"], row["runtime"], row["backend"]) == (MODEL, "torch", "CPU"):
            return row if headline_size(record) in row["times"] else None
    return None


def summary(record: Record) -> dict[str, Any]:
    """The figures of the page's first paragraph, as text; `row` is None where no made file was timed."""
    row, paper, size = headline_row(record), paper_row(record), headline_size(record)
    if row is None:
        return {"size": size, "row": None}
    figures = row.get("fidelity")
    baseline = next(other for other in record["rows"] if other["group"] == "baseline")
    return {
        "size": size,
        "row": row,
        "name": name(row),
        "bytes": size_text(row["bytes"]),
        "time": time_text(row["times"][size]["mean"]),
        "paper_time": time_text(paper["times"][size]["mean"]) if paper else "",
        "paper_bytes": size_text(paper["bytes"]) if paper else "",
        "psnr": f"{figures['psnr']:.1f}" if figures else "",
        "baseline": f"{baseline['fidelity']['psnr']:.1f}",
    }
