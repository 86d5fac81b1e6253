"""Estimated times on phones, never measurements: the roofline of the chips' published figures.

A layer takes the longer of its compute time and its memory time at the chip's peaks (Williams et al. 2009,
"Roofline: an insightful visual performance model"), and layers run one after the other. No network reaches the peaks,
but caches reduce memory traffic, so real times may lie on either side. The ratio of this host's measurement to its own
roofline, whose peaks are measured (`host_roofs`), indicates the accuracy for phones, whose peaks are in
benchmarks/chips.json, each with its source.
"""

import json
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np
import torch

from benchmarks.profiling.layer_cost import Layer
from benchmarks.profiling.operators import OPERATORS, PROBE_SIDE, Probe, open_probe
from benchmarks.records.base import PictureSize
from benchmarks.records.profile import Chip, ChipEstimate, Estimates, HostCheck, PhoneTime, Roofs
from convert.litert.write import Precision
from pix2phone.console import muted

CHIPS = Path(__file__).parent / "chips.json"
ARITHMETICS: tuple[Precision, ...] = ("int8", "float32")
WIDTH, REPEATS = 512, 4  # of the 1x1 convolutions that measure the host's peak
COPIED = 1 << 26  # bytes: larger than any cache
RUNS = 20


def chips() -> list[Chip]:
    """The phone chips."""
    return [Chip.model_validate(chip) for chip in json.loads(CHIPS.read_text(encoding="utf-8"))]


def roofline(layers: Iterable[Layer], roofs: Roofs) -> float | None:
    """Seconds for `layers` in sequence; None if the engine does not support their arithmetic."""
    total = 0.0
    for layer in layers:
        if layer.macs and layer.arithmetic not in roofs.gmacs:
            return None
        arithmetic = layer.macs / (roofs.gmacs[layer.arithmetic] * 1e9) if layer.macs else 0.0
        total += max(arithmetic, layer.bytes / (roofs.gbytes * 1e9))
    return total


def host_roofs(threads: int) -> Roofs:
    """This machine's peaks, the best of several runs: wide 1x1 convolutions in LiteRT, and memory copies in torch."""
    torch.set_num_threads(threads)
    probe = Probe(8, WIDTH, OPERATORS["1x1"], REPEATS)
    macs = REPEATS * WIDTH**2 * (PROBE_SIDE // 8) ** 2
    gmacs: dict[str, float] = {}
    for arithmetic in ARITHMETICS:
        with tempfile.TemporaryDirectory() as folder, muted():
            runtime = open_probe(probe, Path(folder) / "probe.tflite", arithmetic, threads)
            gmacs[arithmetic] = round(macs / _best(runtime.invoke) / 1e9, 1)
    source = torch.zeros(COPIED, dtype=torch.uint8)
    target = torch.empty_like(source)
    return Roofs(gmacs=gmacs, gbytes=round(2 * COPIED / _best(lambda: target.copy_(source)) / 1e9, 1))


def _best(work: Callable[[], Any]) -> float:
    seconds = []
    for _ in range(RUNS):
        started = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - started)
    return float(np.min(seconds))


def estimate(networks: dict[str, list[Layer]], measured: dict[str, float], side: int, threads: int) -> Estimates:
    """Rooflines of `networks`, layers by system, on this host and on every chip, milliseconds.

    `measured`: seconds of each on this host; "factor" is measured / roofline. "scaled" is a chip's roofline times that.
    """
    host = host_roofs(threads)
    rows = {system: _checked(layers, measured[system], host) for system, layers in networks.items()}
    phones = []
    for chip in chips():
        found = {system: roofline(layers, chip) for system, layers in networks.items()}
        ms = {system: _phone(value, rows[system].factor) for system, value in found.items() if value}
        phones.append(ChipEstimate(**dict(chip), ms=ms))
    return Estimates(size=PictureSize.square(side), threads=threads, host=host, systems=rows, phones=phones)


def _checked(layers: list[Layer], seconds: float, host: Roofs) -> HostCheck:
    """A network's work, and its modelled time compared with the host's measurement."""
    estimated = roofline(layers, host)
    assert estimated, "the host's peaks hold every arithmetic"
    return HostCheck(
        gmacs=round(sum(layer.macs for layer in layers) / 1e9, 4),
        megabytes=round(sum(layer.bytes for layer in layers) / 1e6, 2),
        roofline_ms=round(estimated * 1000, 4),
        measured_ms=round(seconds * 1000, 4),
        error_percent=round((estimated / seconds - 1) * 100, 1),
        factor=round(seconds / estimated, 3),
    )


def _phone(seconds: float, factor: float) -> PhoneTime:
    return PhoneTime(roofline=round(seconds * 1000, 4), scaled=round(seconds * 1000 * factor, 4))
