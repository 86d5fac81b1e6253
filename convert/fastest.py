"""The fastest LiteRT file by kind of processor: measured for this machine's kind, tabulated for the other."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from convert.cost import THREADS, TIMED_SIDE, medians_ms
from pix2phone.processor import WITH, WITHOUT, describe, has_dot_products, this_processor

Metadata = dict[str, Any]
# With 8-bit dot products and without: the precision that was the fastest elsewhere (docs/convert.md). float32 and
# float16 are equally fast, so the smaller file comes first.
KNOWN = {True: ("int8",), False: ("float16", "float32")}


def time_files(folder: Path, rows: Sequence[Metadata]) -> Metadata | None:
    """Milliseconds on 512 x 512 pixels of each .tflite file in `folder` with a row in converted.json (`rows`).

    None unless there are both an int8 and a float file.
    """
    made = [row for row in rows if row["target"] == "tflite" and (folder / row["file"]).exists()]
    files = [row["file"] for row in made]
    if not all({row["precision"] for row in made} & set(precisions) for precisions in KNOWN.values()):
        return None
    taken = medians_ms([folder / file for file in files], TIMED_SIDE)
    times = {file: round(ms, 3) for file, ms in zip(files, taken, strict=True)}
    return {"hardware": this_processor(), "side": TIMED_SIDE, "threads": THREADS, "ms": times}


def say_fastest(speed: Metadata, rows: Sequence[Metadata]) -> Iterator[str]:
    """A line for processors with 8-bit dot products and one for those without, from `speed` of `time_files`."""
    hardware, times = speed["hardware"], speed["ms"]
    ordered = sorted(times, key=times.__getitem__)
    listed = ", ".join(f"{file} {times[file]:.2f} ms" for file in ordered)
    side, threads = speed["side"], speed["threads"]
    measured = f"measured here: {listed} ({side} x {side} pixels, {threads} threads, {describe(hardware)})"
    for dots, kind in ((True, WITH), (False, WITHOUT)):
        if dots is has_dot_products(hardware):
            yield f"fastest on processors {kind}: {ordered[0]}, {measured}"
        else:
            yield f"fastest on processors {kind}: {_known(dots, rows)}, not measured here (docs/convert.md)"
    if has_dot_products(hardware) is None:
        yield f"fastest on this processor: {ordered[0]}, {measured}"


def _known(dots: bool, rows: Sequence[Metadata]) -> str:
    files = {row["precision"]: row["file"] for row in rows if row["target"] == "tflite" and not row["refused"]}
    return " or ".join(files[precision] for precision in KNOWN[dots] if precision in files)
