"""Openers of each kind of system, called in its child process; heavy libraries are imported only where needed."""

from pathlib import Path
from typing import TYPE_CHECKING

from convert.runtimes.base import NotRun, Runtime

if TYPE_CHECKING:
    from train.models.generator import Generator

EXECUTORCH = "ExecuTorch wants numpy 2, and the tested set of versions has numpy 1.26"


def open_untrained(name: str, mode: str, threads: int) -> Runtime:
    """The paper's or a peer's network with random weights, in torch; `mode` of torch_runtimes.MODES."""
    import torch

    from benchmarks.systems.torch_modes import MODES

    torch.set_num_threads(threads)
    model = untrained(name)
    return MODES[mode](model, model.spec.multiple)


def untrained(name: str) -> "Generator":
    """The paper's or a peer's network, folded, with the same random weights at every call."""
    import torch

    from benchmarks.systems.peers import PEERS
    from train.models import build

    torch.manual_seed(0)
    return PEERS[name]() if name in PEERS else build(name).fold()


def open_checkpoint(path: Path, mode: str, threads: int) -> Runtime:
    """A checkpoint in torch; UserError when it cannot be read."""
    from benchmarks.systems.torch_modes import MODES
    from convert.runtimes.open import open_runtime
    from convert.runtimes.torch_model import TorchRuntime

    runtime = open_runtime(path, threads)
    assert isinstance(runtime, TorchRuntime)
    return MODES[mode](runtime.model, runtime.multiple)


def open_made(path: Path, threads: int) -> Runtime:
    """A file of `python -m convert` in its own runtime."""
    from convert.runtimes.open import open_runtime

    return open_runtime(path, threads)


def open_coreml(path: Path, unit: str, threads: int) -> Runtime:
    """A package in Core ML, which chooses its threads itself."""
    from convert.runtimes.coreml_package import CoreMLRuntime

    return CoreMLRuntime(path, unit)


def open_openvino(path: Path, threads: int) -> Runtime:
    """An .onnx file of `python -m convert` in OpenVINO."""
    from benchmarks.systems.openvino_file import OpenVinoRuntime

    return OpenVinoRuntime(path, threads)


def open_executorch(path: Path, threads: int) -> Runtime:
    """NotRun: it cannot be installed beside the other runtimes."""
    raise NotRun(path, EXECUTORCH)


def open_added(path: Path, threads: int) -> Runtime:
    """A file named by --system."""
    from benchmarks.systems.added_file import AddedFile

    return AddedFile(path, threads)
