"""Time of each layer.

LiteRT's Python package has no profiler (its C++ tools have), and the interpreter runs XNNPACK as one step. The file is
therefore cut after each of its operators, all cuts are timed in turn in one run, and a layer's time is the difference
to the cut before it. The last layer of a cut writes its output to memory, which the whole network may keep in cache:
times of very cheap layers are rough and may be 0. In torch, torch.profiler times each leaf module.
"""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from ai_edge_litert import schema_py_generated as schema
from torch.profiler import ProfilerActivity, profile, record_function
from torch.utils.hooks import RemovableHandle

from benchmarks.profiling.layer_cost import ROOT, Layer, litert_layers, torch_layers
from benchmarks.records.base import PictureSize
from benchmarks.records.profile import LayerTime, LayerTimes
from benchmarks.timing.protocol import BenchmarkPlan, Stopwatch, take_turns
from convert.runtimes.litert_file import feed
from pix2phone.console import muted
from pix2phone.runtimes.flatbuffer import pack, unpack
from pix2phone.runtimes.litert_session import LiteRTSession

ROUNDS = 40
TORCH_RUNS, TORCH_SECONDS = 10, 5.0
CUTS = "successive cuts of the graph, the fastest of some rounds"
PROFILER = "torch.profiler, leaf modules"
WHOLE, MARK = "the whole network", "layer "


def profile_litert(path: Path, picture: np.ndarray, threads: int, rounds: int = ROUNDS) -> LayerTimes:
    """Milliseconds of each operator of a .tflite file on uint8 H x W x 3 of a supported size, under XNNPACK."""
    height, width = picture.shape[:2]
    layers = litert_layers(path, height, width)
    content = path.read_bytes()
    with muted():
        networks = {
            f"{index}": Stopwatch(_opened(part, picture, threads)) for index, part in enumerate(_cuts(content, layers))
        }
    timings = take_turns(networks, rounds, BenchmarkPlan(threads=threads), "timing layers")
    # Disturbances only add time, and a cut cannot take longer than a longer cut.
    fastest = [min(timings[key].samples) * 1000 for key in networks]
    least = np.minimum.accumulate(fastest[::-1])[::-1]
    own = np.diff(least, prepend=0.0)
    return _profile(CUTS, picture, fastest[-1], list(zip(layers, own, strict=True)))


def _cuts(content: bytes, layers: list[Layer]) -> list[bytes]:
    """The file cut after each of `layers`; the last cut is the whole network."""
    model = unpack(content)
    (graph,) = model.subgraphs
    model.signatureDefs = None  # they name the removed output
    steps, outputs, found = graph.operators, graph.outputs, []
    ends = _places(model, len(layers))
    for end in ends:
        graph.operators = steps[: end + 1]
        graph.outputs = outputs if end == ends[-1] else steps[end].outputs
        found.append(pack(model))
    return found


def _places(model: schema.ModelT, count: int) -> list[int]:
    """Indices of the operators that depend on the picture, not on constants alone."""
    (graph,) = model.subgraphs
    live, places = set(map(int, graph.inputs)), []
    for place, step in enumerate(graph.operators):
        if live.intersection(map(int, step.inputs)):
            live.update(map(int, step.outputs))
            places.append(place)
    assert len(places) == count
    return places


def _opened(content: bytes, picture: np.ndarray, threads: int) -> Callable[[], None]:
    session = LiteRTSession(content, threads)
    feed(session, picture)
    return session.run


def profile_torch(model: torch.nn.Module, picture: np.ndarray, threads: int) -> LayerTimes:
    """Milliseconds of each leaf module of `model` on uint8 H x W x 3, sides multiples of its own; mean of some runs."""
    torch.set_num_threads(threads)
    image = torch.from_numpy(picture.astype(np.float32) / 255).permute(2, 0, 1)[None].contiguous()
    leaves = {name: module for name, module in model.named_modules() if not list(module.children())}
    handles = [handle for name, module in leaves.items() for handle in _watch(name, module)]
    try:
        with torch.inference_mode():
            model(image)
            with muted(), profile(activities=[ProfilerActivity.CPU]) as profiler:  # it warns about missing GPUs
                runs = _repeat(model, image)
    finally:
        for handle in handles:
            handle.remove()
    spent = {event.key: event.cpu_time_total / 1000 / runs for event in profiler.key_averages()}
    rows = [(layer, spent[MARK + layer.name]) for layer in _by_leaf(model, leaves, *picture.shape[:2])]
    rest = spent[WHOLE] - sum(time for _, time in rows)
    return _profile(PROFILER, picture, spent[WHOLE], [*rows, (Layer(ROOT, "arithmetic", (), 0, 0), rest)])


def _watch(name: str, module: torch.nn.Module) -> list[RemovableHandle]:
    """Mark the time between start and end of a module's forward."""
    marks: list[record_function] = []

    def begin(*_: Any) -> None:
        marks.append(record_function(MARK + name))
        marks[-1].__enter__()

    def end(*_: Any) -> None:
        marks.pop().__exit__(None, None, None)

    return [module.register_forward_pre_hook(begin), module.register_forward_hook(end)]


def _repeat(model: torch.nn.Module, image: torch.Tensor) -> int:
    """Run it a few times under one mark; the number of runs."""
    started, runs = time.perf_counter(), 0
    while runs < 2 or (runs < TORCH_RUNS and time.perf_counter() - started < TORCH_SECONDS):
        with record_function(WHOLE):
            model(image)
        runs += 1
    return runs


def _by_leaf(model: torch.nn.Module, leaves: dict[str, torch.nn.Module], height: int, width: int) -> list[Layer]:
    """The time of each leaf module, summed over its calls, in order of the first call."""
    found: dict[str, Layer] = {}
    for layer in torch_layers(model, height, width):
        if layer.name in leaves:
            before = found.get(layer.name, Layer(layer.name, "", (), 0, 0))
            kind, macs, size = type(leaves[layer.name]).__name__, before.macs + layer.macs, before.bytes + layer.bytes
            found[layer.name] = Layer(layer.name, kind, layer.shape, macs, size)
    return list(found.values())


def _profile(method: str, picture: np.ndarray, total: float, rows: list[tuple[Layer, float]]) -> LayerTimes:
    height, width = picture.shape[:2]
    layers = [
        LayerTime(
            name=layer.name,
            kind=layer.kind,
            shape=list(layer.shape),
            macs=layer.macs,
            bytes=layer.bytes,
            ms=round(float(spent), 4),
        )
        for layer, spent in rows
    ]
    size = PictureSize(width=width, height=height)
    return LayerTimes(method=method, size=size, total_ms=round(total, 4), layers=layers)
