"""What a run adds about a few of its systems: where their milliseconds go, and what phones might make of them."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageOps

from benchmarks import held_out
from benchmarks.layer_times import profile_litert, profile_torch
from benchmarks.layers import Layer, litert_layers, torch_layers
from benchmarks.paper import MODEL
from benchmarks.protocol import Plan
from benchmarks.roofline import estimate
from benchmarks.systems import System
from benchmarks.words import Record, headline_row, headline_size
from convert.runtimes.face import pad
from convert.runtimes.litert_file import LiteRTRuntime
from convert.runtimes.torch_model import TorchRuntime

PRECISIONS = ("int8", "float32")


def chosen(record: Record) -> list[Record]:
    """The rows worth a closer look, of those timed on the CPU at the headline size.

    The paper's model, the headline file, and the same network in the other precisions of `PRECISIONS` in LiteRT.
    """
    size, best = headline_size(record), headline_row(record)
    timed = [row for row in record["rows"] if size in row["times"] and row["device"] == "cpu"]
    paper = [row for row in timed if row["group"] == "paper" and row["model"] == MODEL]
    made = [row for row in timed if row["group"] == "made" and row["runtime"] == "LiteRT"]
    of_best = [row for row in made if best and row["model"] == best["model"] and row["precision"] in PRECISIONS]
    return [*paper, *of_best]


def estimates(systems: Iterable[System], record: Record) -> dict[str, Any]:
    """{"estimates": benchmarks.roofline.estimate of the chosen rows}; empty where there are none."""
    side, threads = int(headline_size(record)), record["protocol"]["threads"]
    rows = {row["key"]: row["times"][str(side)]["mean"] for row in chosen(record)}
    layers = {system.key: _layers(system, side, threads) for system in systems if system.key in rows}
    return {"estimates": estimate(layers, rows, side, threads)} if layers else {}


def _layers(system: System, side: int, threads: int) -> list[Layer]:
    runtime = system.open(threads)
    height, width = runtime.padded(side, side)
    if isinstance(runtime, TorchRuntime):
        return torch_layers(runtime.model, height, width)
    assert isinstance(runtime, LiteRTRuntime)
    return litert_layers(runtime.path, height, width)


def profiles(systems: Iterable[System], record: Record, checkpoints: list[Path]) -> dict[str, Any]:
    """{"profiles": where the milliseconds go}: in the headline file, if LiteRT runs it, and in networks in torch.

    The picture is the first photo that `checkpoints` hold out.
    """
    side, threads, best = int(headline_size(record)), record["protocol"]["threads"], headline_row(record)
    photo = held_out.choose(checkpoints, Plan(photos=1))[0][0].photo
    picture = np.array(ImageOps.fit(Image.fromarray(photo), (side, side), Image.Resampling.LANCZOS))
    timed = {row["key"]: row for row in record["rows"] if str(side) in row["times"] and row["device"] == "cpu"}
    found = []
    for system in systems:
        row = timed.get(system.key)
        if row is None or not (row is best or _is_torch(row)):
            continue
        runtime = system.open(threads)
        padded = pad(picture, *runtime.padded(side, side))
        if isinstance(runtime, LiteRTRuntime):
            found.append({"system": system.key} | profile_litert(runtime.path, padded, threads))
        elif isinstance(runtime, TorchRuntime):
            found.append({"system": system.key} | profile_torch(runtime.model, padded, threads))
    return {"profiles": found}


def _is_torch(row: Record) -> bool:
    """A checkpoint made here, or the paper's model; not the paper's second one, whose layers are much the same."""
    return row["runtime"] == "torch" and (row["group"] == "made" or row["model"] == MODEL)
