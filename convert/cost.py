"""The cost of a network on this machine as a LiteRT file: bytes, multiplications, milliseconds."""

import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from compress.graph import export_graph
from compress.load import Compressed
from compress.macs import gmacs
from compress.steps import Cost
from convert.litert.write import Precision, write_tflite
from convert.metadata import write_tflite_metadata
from convert.runtimes.litert_file import LiteRTRuntime
from pix2phone.console import muted

TIMED_SIDE, THREADS = 512, 2
WARM_UP, SECONDS, MOST_RUNS = 2, 2.0, 100


def litert_cost(network: Compressed, side: int = TIMED_SIDE) -> Cost:
    """The smallest LiteRT file of `network`, timed on `side` x `side` pixels.

    It is int8 with ranges, float16 after an fp16 step, else float32. The time, in milliseconds, is the
    median of a few seconds' runs and differs from machine to machine, by instruction set most of all.
    """
    graph = export_graph(network.folded)
    precision: Precision = "int8" if network.ranges else "float16" if network.float16 else "float32"
    with tempfile.TemporaryDirectory() as folder, muted():
        path = Path(folder) / "model.tflite"
        write_tflite(graph, path, precision, network.ranges)
        write_tflite_metadata(path, {"multiple": network.folded.spec.multiple})
        return Cost(path.stat().st_size, round(gmacs(network.folded, side), 4), round(medians_ms([path], side)[0], 3))


def medians_ms(paths: Sequence[Path], side: int) -> list[float]:
    """Milliseconds of each file on `side` x `side` pixels: median of runs, taken in turn for `SECONDS`."""
    runtimes = [LiteRTRuntime(path, THREADS) for path in paths]
    for runtime in runtimes:
        runtime.load(np.zeros((*runtime.padded(side, side), 3), dtype=np.uint8))
    rounds: list[list[float]] = []
    spent = 0.0
    while len(rounds) < WARM_UP + 3 or (spent < SECONDS and len(rounds) < MOST_RUNS):
        rounds.append([_seconds(runtime) for runtime in runtimes])
        spent += sum(rounds[-1])
    return [float(np.median(times)) * 1000 for times in zip(*rounds[WARM_UP:], strict=True)]


def _seconds(runtime: LiteRTRuntime) -> float:
    started = time.perf_counter()
    runtime.invoke()
    return time.perf_counter() - started
