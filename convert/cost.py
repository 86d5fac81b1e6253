"""What a network costs on this machine as a LiteRT file: bytes, multiplications, milliseconds."""

import tempfile
import time
from pathlib import Path

import numpy as np

from compress.graph import export_graph
from compress.load import Compressed
from compress.macs import gmacs
from compress.steps import Cost
from convert.chatter import muted
from convert.metadata import write_tflite_metadata
from convert.runtimes.litert_file import LiteRTRuntime
from convert.tflite import Precision, write_tflite

SIDE, THREADS = 512, 2
WARM_UP, SECONDS, MOST_RUNS = 2, 2.0, 100


def litert_cost(network: Compressed, side: int = SIDE) -> Cost:
    """The smallest LiteRT file of `network`, timed on `side` x `side` pixels.

    It is int8 where there are ranges, float16 after an fp16 step, else float32. The time, in milliseconds, is the
    median of a few seconds' runs and differs from machine to machine.
    """
    graph = export_graph(network.folded)
    precision: Precision = "int8" if network.ranges else "float16" if network.float16 else "float32"
    with tempfile.TemporaryDirectory() as folder, muted():
        path = Path(folder) / "model.tflite"
        write_tflite(graph, path, precision, network.ranges)
        write_tflite_metadata(path, {"multiple": network.folded.spec.multiple})
        return Cost(path.stat().st_size, round(gmacs(network.folded, side), 4), round(_median_ms(path, side), 3))


def _median_ms(path: Path, side: int) -> float:
    runtime = LiteRTRuntime(path, THREADS)
    runtime.load(np.zeros((*runtime.padded(side, side), 3), dtype=np.uint8))
    times: list[float] = []
    while len(times) < WARM_UP + 3 or (sum(times) < SECONDS and len(times) < MOST_RUNS):
        started = time.perf_counter()
        runtime.invoke()
        times.append(time.perf_counter() - started)
    return float(np.median(times[WARM_UP:])) * 1000
