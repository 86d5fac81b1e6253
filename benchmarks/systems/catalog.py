"""The catalogue of systems: the paper's networks and peers, built here, and every artefact, in every runtime."""

import os
import platform
import shutil
from collections.abc import Callable
from functools import partial
from importlib.util import find_spec
from pathlib import Path

import torch

from benchmarks.systems.added_file import NAMES as ADDED
from benchmarks.systems.openers import (
    EXECUTORCH,
    open_added,
    open_checkpoint,
    open_coreml,
    open_executorch,
    open_made,
    open_openvino,
    open_untrained,
)
from benchmarks.systems.paper import MODEL, TABLE_2
from benchmarks.systems.peers import PEERS
from benchmarks.systems.system import System
from compress.load import load
from convert.runtimes.coreml_package import UNITS
from pix2phone.artefacts import COMPRESSED, CONVERTED, SHIPPED, TRAINED, read_json
from pix2phone.errors import UserError

MODES = {"compile": "torch.compile", "script": "TorchScript"}  # other ways of running torch on the CPU, by runtime
CLOCKS = {"loop": "CUDA", "events": "CUDA, events", "graph": "CUDA, graph"}  # on the GPU, by backend


def all_systems(folder: Path, threads: int, added: list[Path], quick: bool) -> list[System]:
    """All systems, with at most `threads` threads: the paper's networks first.

    `added` are the files named by --system; UserError for one whose name is taken. `quick` leaves out the peers, the
    paper's second network, checkpoints that have converted files, and all but the usual way of running each.
    """
    systems = [*untrained(threads), *_checkpoints(folder, threads), *_converted(folder, threads)]
    if quick:
        made = {system.model for system in systems if system.path and not (_is_checkpoint(system) or system.absent)}
        usual = [system for system in systems if _usual(system, threads)]
        systems = [system for system in usual if not (_is_checkpoint(system) and system.model in made)]
    names = {system.path.name for system in systems if system.path}
    for path in added:
        if path.name in names:
            raise UserError(f"--system: {path}: another file of this run has the same name; rename one of them")
        names.add(path.name)
    return [*systems, *map(partial(_added, threads), added)]


def checkpoint_paths(folder: Path) -> list[Path]:
    """The checkpoints made in `folder`, else the one shipped in the repository."""
    return [path for name in (TRAINED, COMPRESSED) if (path := folder / name.name).exists()] or [SHIPPED]


def untrained(threads: int) -> list[System]:
    """The paper's two U-Nets, and the peers, float32 with random weights."""
    names = {name: "paper" for name in TABLE_2} | {name: "peer" for name in PEERS}
    systems = []
    for name, group in names.items():
        modes = [*MODES, *CLOCKS] if name == MODEL else ["loop"] if group == "paper" else []
        for mode in ("eager", *modes):
            opens = partial(open_untrained, name, mode)
            systems.append(_in_torch(name, name, group, "float32", threads, mode, opens))
    return systems


def _checkpoints(folder: Path, threads: int) -> list[System]:
    systems = []
    for path in checkpoint_paths(folder):
        model, precision = _label(path)
        for mode in ("eager", *MODES, *CLOCKS):
            opens = partial(open_checkpoint, path, mode)
            systems.append(_in_torch(path.stem, model, "made", precision, threads, mode, opens, path))
        about = (model, "made", "ExecuTorch", precision, threads, partial(open_executorch, path))
        systems.append(System(f"{path.stem} ExecuTorch", *about, path=path, absent=EXECUTORCH))
    return systems


def _in_torch(
    name: str,
    model: str,
    group: str,
    precision: str,
    threads: int,
    mode: str,
    opens: Callable,  # type: ignore[type-arg]
    path: Path | None = None,
) -> System:
    backend, runtime = CLOCKS.get(mode, "CPU"), MODES.get(mode, "torch")
    absent = _missing(mode)
    key = name if mode == "eager" else f"{name} {backend if mode in CLOCKS else runtime}"
    judged = bool(path) and mode == "eager"
    return System(key, model, group, runtime, precision, threads, opens, backend, path, absent, judged)


def _missing(mode: str) -> str:
    """The reason why torch cannot run in that mode here; empty when it can."""
    if mode in CLOCKS and not torch.cuda.is_available():
        return "no CUDA device is present"
    compilers = (os.environ.get("CXX", "g++"), "g++", "clang++")
    if mode == "compile" and not any(map(shutil.which, compilers)):
        return "torch.compile wants a C++ compiler, g++ or clang++, and there is none"
    return ""


def _label(path: Path) -> tuple[str, str]:
    """Model and precision of a checkpoint; an unreadable one raises its error when its row is opened."""
    try:
        network = load(path)
    except UserError:
        return path.stem, "unknown"
    precision = "int8, simulated" if network.ranges else "float16 weights" if network.float16 else "float32"
    return network.card.model, f"{network.palette_bits}-bit palettes" if network.palette_bits else precision


def _converted(folder: Path, threads: int) -> list[System]:
    listed = folder / CONVERTED.name
    head = read_json(listed) if listed.exists() else {"rows": []}
    precisions = {row["file"]: row["precision"] for row in head["rows"]}
    systems: list[System] = []
    for pattern, ways in ((".tflite", _in_litert), (".onnx", _in_onnx_runtimes), (".mlpackage", _in_coreml)):
        for path in sorted(folder.glob(f"*{pattern}")):
            known = path.name in precisions
            model, precision = (head["model"], precisions[path.name]) if known else (path.stem, "as made")
            systems += ways(path, model, precision, threads)
    return systems


def _in_litert(path: Path, model: str, precision: str, threads: int) -> list[System]:
    """One system for each number of threads; pictures do not depend on it, so only the first is judged."""
    opens = partial(open_made, path)
    return [
        System(
            path.name if count == threads else f"{path.name} {count} thread{'s' if count > 1 else ''}",
            *(model, "made", "LiteRT", precision, count, opens),
            path=path,
            judged=count == threads,
        )
        for count in range(threads, 0, -1)
    ]


def _in_onnx_runtimes(path: Path, model: str, precision: str, threads: int) -> list[System]:
    about = (model, "made")
    missing = "" if find_spec("openvino") else "OpenVINO is not installed: pip install 'pix2phone[runtimes]'"
    return [
        System(path.name, *about, "onnxruntime", precision, threads, partial(open_made, path), path=path, judged=True),
        System(
            f"{path.name} OpenVINO",
            *(*about, "OpenVINO", precision, threads, partial(open_openvino, path)),
            path=path,
            absent=missing,
            judged=True,
        ),
    ]


def _in_coreml(path: Path, model: str, precision: str, threads: int) -> list[System]:
    """One system for each compute unit; on other systems than macOS a single row with the reason."""
    here = platform.system() == "Darwin"
    return [
        System(
            f"{path.name} {unit}" if here else path.name,
            *(model, "made", "Core ML", precision, threads, partial(open_coreml, path, unit)),
            backend=unit if here else "any",
            path=path,
            absent="" if here else "Core ML predicts only on macOS",
            judged=here,
        )
        for unit in (UNITS if here else UNITS[-1:])
    ]


def _added(threads: int, path: Path) -> System:
    opens = partial(open_added, path)
    return System(path.name, path.stem, "added", ADDED[path.suffix.lower()], "as it is", threads, opens, path=path)


def _is_checkpoint(system: System) -> bool:
    return system.path is not None and system.path.suffix == SHIPPED.suffix


def _usual(system: System, threads: int) -> bool:
    usual = system.runtime not in (*MODES.values(), "OpenVINO", "ExecuTorch") and system.backend in (
        "CPU",
        "CUDA",
        "any",
        *UNITS,
    )
    return usual and (system.group == "made" or system.model == MODEL) and system.threads == threads
