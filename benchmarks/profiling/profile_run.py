"""Profiles of a few systems of a run: layer times, and estimates for phones."""

from collections.abc import Iterable

import numpy as np
from PIL import Image, ImageOps

from benchmarks.profiling.layer_cost import Layer, litert_layers, torch_layers
from benchmarks.profiling.layer_times import profile_litert, profile_torch
from benchmarks.profiling.roofline import estimate
from benchmarks.records.pivot import Record, by_system, headline_row, headline_size
from benchmarks.records.profile import Estimates, LayerTimes, Profile
from benchmarks.records.run import Run
from benchmarks.systems.names import name
from benchmarks.systems.paper import MODEL
from benchmarks.systems.system import System
from compress.load import load
from convert.runtimes.base import Runtime, pad
from convert.runtimes.litert_file import LiteRTRuntime
from convert.runtimes.torch_model import TorchRuntime
from pix2phone.console import say
from pix2phone.errors import UserError, first_line
from pix2phone.pictures import read_picture
from train.data.photos import builtin

PRECISIONS = ("int8", "float32")


def chosen(record: Record) -> list[Record]:
    """The rows to profile, of those timed on the CPU at the headline size:

    the headline file, the same network in LiteRT in the other precisions of `PRECISIONS`, and the paper's model.
    """
    size, best = headline_size(record), headline_row(record)
    timed = [row for row in record["rows"] if size in row["times"] and row["device"] == "cpu"]
    paper = [row for row in timed if (row["group"], row["model"], row["runtime"]) == ("paper", MODEL, "torch")]
    made = [row for row in timed if row["group"] == "made" and row["runtime"] == "LiteRT"]
    made = [row for row in made if row["threads"] == record["protocol"]["threads"]]
    others = [row for row in made if best and row["model"] == best["model"] and row["precision"] in PRECISIONS]
    return [*(row for row in made if row is best), *(row for row in others if row is not best), *paper]


def estimates(systems: Iterable[System], run: Run) -> Estimates | None:
    """Rooflines of the chosen rows; None without any."""
    record = by_system(run)
    side, threads = int(headline_size(record)), record["protocol"]["threads"]
    rows = {row["key"]: row["times"][str(side)]["mean"] for row in chosen(record)}
    by_key = {system.key: system for system in systems}
    layers = {}
    for key in rows:
        try:
            layers[key] = _layers(by_key[key], side, threads)
        except Exception as error:  # each runtime has its own kinds; the times that were taken stand
            say(f"not estimated: {key}: {first_line(error)}")
    return estimate(layers, rows, side, threads) if layers else None


def _layers(system: System, side: int, threads: int) -> list[Layer]:
    runtime = system.open(threads)
    height, width = runtime.padded(side, side)
    if isinstance(runtime, TorchRuntime):
        return torch_layers(runtime.source, height, width)
    assert isinstance(runtime, LiteRTRuntime)
    return litert_layers(runtime.path, height, width)


def profiles(systems: Iterable[System], run: Run) -> list[Profile]:
    """Layer times of the headline file, if LiteRT runs it, and of networks in torch.

    A quick run profiles only the file.
    """
    record = by_system(run)
    side, threads, best = int(headline_size(record)), record["protocol"]["threads"], headline_row(record)
    photo = read_picture(builtin("held-out")[0])
    picture = np.array(ImageOps.fit(Image.fromarray(photo), (side, side), Image.Resampling.LANCZOS))
    timed = {row["key"]: row for row in record["rows"] if str(side) in row["times"] and row["device"] == "cpu"}
    found = []
    for system in systems:
        row = timed.get(system.key)
        if row and (row is best or (_is_torch(row) and not record["protocol"]["quick"])):
            try:
                runtime, label = _open(system, row, threads)
                layers = _profile(runtime, picture, threads)
                found.append(Profile(system=system.key, label=label, **dict(layers)))
            except Exception as error:  # each runtime has its own kinds; the times that were taken stand
                say(f"not profiled: {system.key}: {first_line(error)}")
    return found


def _open(system: System, row: Record, threads: int) -> tuple[Runtime, str]:
    """The network to profile, and its name: for a checkpoint its float network, whose layers have names."""
    if system.path and system.path.suffix == ".safetensors":
        network = load(system.path)
        label = name(row | {"precision": "float32"})
        return TorchRuntime(network.folded, network.folded.spec.multiple), f"{label} · torch"
    return system.open(system.threads), f"{name(row)} · {row['runtime']}"


def _profile(runtime: Runtime, picture: np.ndarray, threads: int) -> LayerTimes:
    padded = pad(picture, *runtime.padded(*picture.shape[:2]))
    if isinstance(runtime, TorchRuntime):
        return profile_torch(runtime.source, padded, threads)
    if not isinstance(runtime, LiteRTRuntime):
        raise UserError(f"{runtime.name} has no profile here")
    return profile_litert(runtime.path, padded, threads)


def _is_torch(row: Record) -> bool:
    """True for the paper's model or a checkpoint of this toolkit; weights do not change layer times."""
    return row["runtime"] == "torch" and (row["group"], row["model"] == MODEL) in (("paper", True), ("made", False))
