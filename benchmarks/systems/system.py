"""One system of a run, and its errors; imports little, since every child process loads it."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from convert.runtimes.base import Runtime

LIBRARIES = {  # modules to import before a network can be loaded
    "torch": "benchmarks.systems.torch_modes",
    "torch.compile": "benchmarks.systems.torch_modes",
    "TorchScript": "benchmarks.systems.torch_modes",
    "LiteRT": "ai_edge_litert.interpreter",
    "onnxruntime": "onnxruntime",
    "OpenVINO": "openvino",
    "ExecuTorch": "executorch.runtime",
    "Core ML": "coremltools",
}


class Failed(Exception):
    """A system ended with an error or with NaN."""


class Crashed(Exception):
    """A system's process died or stopped responding."""


@dataclass(frozen=True)
class System:
    """One network in one way of running it, with `threads`; `open(threads)` returns it ready to run.

    `group` and `runtime` are those of schema.json; `absent` is the reason if it can't be run here. Without `path` its
    weights are random, with the same cost. `judged`: its pictures are also compared with the test targets.
    """

    key: str
    model: str
    group: str
    runtime: str
    precision: str
    threads: int
    open: Callable[[int], Runtime]
    backend: str = "CPU"
    path: Path | None = None
    absent: str = ""
    judged: bool = False

    @property
    def on_gpu(self) -> bool:
        """Whether it belongs to the rounds of the GPU."""
        return self.backend.startswith("CUDA")


def size_in_bytes(path: Path) -> int:
    """Size of a file, or of all files in a package's folder."""
    return sum(part.stat().st_size for part in _parts(path))


def sha256(path: Path) -> str:
    """SHA-256 of a file; for a package, of its files' paths and bytes in the paths' order."""
    if path.is_file():
        return hashlib.sha256(path.read_bytes()).hexdigest()
    digest = hashlib.sha256()
    for part in _parts(path):
        digest.update(part.relative_to(path).as_posix().encode())
        digest.update(part.read_bytes())
    return digest.hexdigest()


def _parts(path: Path) -> list[Path]:
    return sorted(part for part in path.rglob("*") if part.is_file()) if path.is_dir() else [path]
