"""python -m benchmarks.profiling.operators: the time of each operator in an int8 LiteRT file.

The time of an operator is a quarter of the time that four of it add to a network of space-to-depth, a 1x1 convolution
in, one out, and depth-to-space. All are timed in turn in one run, so that load affects all alike.
"""

import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from benchmarks.timing.machine import describe, this_machine
from benchmarks.timing.protocol import BenchmarkPlan, Stopwatch, take_turns
from benchmarks.timing.statistics import trimmed_mean
from compress.graph import export_graph
from compress.int8.calibrate import calibrate
from compress.macs import gmacs
from convert.litert.write import Precision, write_tflite
from convert.metadata import write_tflite_metadata
from convert.runtimes.litert_file import LiteRTRuntime
from pix2phone.artefacts import ARTIFACTS, write_json
from pix2phone.console import say, table
from pix2phone.errors import OneLineParser, run_command
from pix2phone.markdown import markdown_table, put_between_marks
from train.models.generator import Generator
from train.models.spec import ModelSpec

REPEATS, PROBE_SIDE, THREADS = 4, 512, 2
WIDTHS: dict[int, tuple[int, ...]] = {2: (8, 16, 24, 32, 48), 4: (16, 32, 48, 64, 96)}
COLUMNS = ("operator", "stride", "width", "GMACs", "ms", "GMACs a second")


def convolution(width: int, kernel: int) -> nn.Module:
    """A dense convolution and its ReLU."""
    return nn.Sequential(nn.Conv2d(width, width, kernel, padding=kernel // 2), nn.ReLU())


def separable(width: int, kernel: int) -> nn.Module:
    """A depthwise convolution, a 1x1 one, and the ReLU."""
    depthwise = nn.Conv2d(width, width, kernel, padding=kernel // 2, groups=width)
    return nn.Sequential(depthwise, nn.Conv2d(width, width, 1), nn.ReLU())


OPERATORS: dict[str, Callable[[int], nn.Module]] = {
    "1x1": partial(convolution, kernel=1),
    "3x3": partial(convolution, kernel=3),
    "depthwise 3x3, 1x1": partial(separable, kernel=3),
    "depthwise 5x5, 1x1": partial(separable, kernel=5),
}


class Probe(Generator):
    """`repeats` of an operator at 1/`stride` of the sides; without `width` only the two rearrangements."""

    def __init__(self, stride: int, width: int, operator: Callable[[int], nn.Module], repeats: int) -> None:
        super().__init__()
        self.spec, self.stride = ModelSpec(multiple=stride), stride
        pixels = 3 * stride**2
        self.inside = nn.Sequential()
        if width:
            trunk = (operator(width) for _ in range(repeats))
            self.inside = nn.Sequential(nn.Conv2d(pixels, width, 1), nn.ReLU(), *trunk, nn.Conv2d(width, pixels, 1))

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        photo = F.pixel_unshuffle(image, self.stride)
        picture = photo + self.inside(photo) if len(self.inside) else photo
        return F.pixel_shuffle(picture.clamp(0, 1), self.stride)


def main() -> None:
    """Parse, time everything, print and write the table."""
    parser = OneLineParser(prog="python -m benchmarks.profiling.operators", description=__doc__)
    parser.add_argument("--iterations", type=int, default=60, help="timed runs of each (default: %(default)s)")
    parser.add_argument("--out", type=Path, default=ARTIFACTS / "operators.json", help="default: %(default)s")
    parser.add_argument("--page", type=Path, metavar="MD", help="a Markdown page that gets the table between its marks")
    args = parser.parse_args()
    rows, about = measure(args.iterations), this_machine()
    title = f"int8 LiteRT, {PROBE_SIDE} x {PROBE_SIDE} pixels, {THREADS} threads, {describe(about.hardware.plain())}"
    lines = [cells(row) for row in rows]
    table(title, COLUMNS, lines)
    write_json(args.out, about.plain() | {"rows": rows})
    if args.page:
        text = f"Measured: {title}.\n\n{markdown_table([[*COLUMNS], *lines])}"
        put_between_marks(args.page, "operators", text)
    say(f"wrote {args.out}")


def measure(iterations: int, widths: dict[int, tuple[int, ...]] = WIDTHS) -> list[dict[str, float | str]]:
    """A row for each operator at each stride and width, for the bare rearrangements and for the 1x1 convolutions."""
    probes: dict[tuple[str, int, int], Probe] = {}
    for stride, sizes in widths.items():
        probes["rearrangements", stride, 0] = Probe(stride, 0, nn.Identity, 0)
        for width in sizes:
            probes["way in and out", stride, width] = Probe(stride, width, nn.Identity, 0)
            probes |= {(name, stride, width): Probe(stride, width, op, REPEATS) for name, op in OPERATORS.items()}
    with tempfile.TemporaryDirectory() as folder:
        runs = {key: open_probe(probe, Path(folder) / "probe.tflite") for key, probe in probes.items()}
        plan = BenchmarkPlan(threads=THREADS)
        timings = take_turns(
            {str(key): Stopwatch(run.invoke) for key, run in runs.items()}, iterations, plan, "operators"
        )
    ms = {key: trimmed_mean(timings[str(key)].samples) * 1000 for key in probes}
    macs = {key: gmacs(probe, PROBE_SIDE) for key, probe in probes.items()}
    return [_row(key, ms, macs) for key in probes]


def _row(key: tuple[str, int, int], ms: dict, macs: dict) -> dict[str, float | str]:  # type: ignore[type-arg]
    """The time of one operator: the time added by `REPEATS` of it to the bare network, divided by `REPEATS`."""
    name, stride, width = key
    bare, share = ("way in and out", stride, width), REPEATS
    if name not in OPERATORS:
        bare, share = ("rearrangements", stride, 0), 1
    whole = name == "rearrangements"
    time, work = (values[key] if whole else (values[key] - values[bare]) / share for values in (ms, macs))
    return {"operator": name, "stride": stride, "width": width, "gmacs": round(work, 4), "ms": round(time, 3)}


def cells(row: dict[str, float | str]) -> list[str]:
    """A row of the table."""
    rate = f"{float(row['gmacs']) / float(row['ms']) * 1000:.0f}" if float(row["ms"]) > 0 and row["gmacs"] else "-"
    return [
        f"{row['operator']}",
        f"{row['stride']}",
        f"{row['width'] or '-'}",
        f"{row['gmacs']}",
        f"{row['ms']:.2f}",
        rate,
    ]


def open_probe(probe: Probe, path: Path, precision: Precision = "int8", threads: int = THREADS) -> LiteRTRuntime:
    """Write the probe's file to `path` and open it for timing; random weights take the same time."""
    graph = export_graph(probe)
    noise = np.random.default_rng(0).integers(0, 256, (PROBE_SIDE, PROBE_SIDE, 3), dtype=np.uint8)
    write_tflite(graph, path, precision, calibrate(graph, [noise]) if precision == "int8" else None)
    write_tflite_metadata(path, {"multiple": probe.spec.multiple})
    runtime = LiteRTRuntime(path, threads)
    runtime.load(noise)
    return runtime


if __name__ == "__main__":
    run_command(main)
