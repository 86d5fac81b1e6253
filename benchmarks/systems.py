"""What is timed: the paper's networks, built here, and every file that was made."""

import hashlib
import platform
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import torch

from benchmarks.paper import TABLE_2
from compress.load import load
from convert.runtimes.face import NotRun, Runtime
from convert.runtimes.open import open_runtime
from convert.runtimes.torch_model import TorchRuntime
from pix2phone.artefacts import COMPRESSED, CONVERTED, SHIPPED, TRAINED, read_json
from pix2phone.errors import UserError
from train.models import build


@dataclass(frozen=True)
class System:
    """One row. `open(threads)` gives it ready to run; without `path` its weights are random: the same time."""

    key: str
    model: str
    precision: str
    device: str
    open: Callable[[int], Runtime]
    path: Path | None = None

    @property
    def group(self) -> str:
        """ "paper" for a network that is only timed, "made" for a file whose pictures are judged too."""
        return "made" if self.path else "paper"


class CudaRuntime(TorchRuntime):
    """Eager torch on the GPU; `invoke` waits until the GPU is done."""

    name = "torch, CUDA"

    def load(self, picture: np.ndarray) -> None:
        super().load(picture)
        self.image = self.image.cuda()

    def invoke(self) -> None:
        super().invoke()
        torch.cuda.synchronize()

    def raw(self) -> np.ndarray:
        self.result = self.result.cpu()
        return super().raw()


def all_systems(folder: Path) -> list[System]:
    """The paper's two networks and every file made in `folder`, on the CPU and, for torch, on the GPU."""
    return [*paper_systems("cpu"), *made_systems(folder), *_gpu_systems(folder)]


def paper_systems(device: str) -> list[System]:
    """ResNet18 and ResNet34 U-Nets in eager torch, float32, random weights."""
    return [System(f"{name}-{device}", name, "float32", device, partial(_untrained, name, device)) for name in TABLE_2]


def made_systems(folder: Path) -> list[System]:
    """The checkpoints and converted files in `folder`; without a checkpoint there, the shipped one."""
    return [*_checkpoints(folder, "cpu"), *_converted(folder)]


def checkpoint_paths(folder: Path) -> list[Path]:
    """The checkpoints made in `folder`, else the one that the repo ships."""
    return [path for name in (TRAINED, COMPRESSED) if (path := folder / name.name).exists()] or [SHIPPED]


def _checkpoints(folder: Path, device: str) -> list[System]:
    systems = []
    for path in checkpoint_paths(folder):
        key = path.stem if device == "cpu" else f"{path.stem}-{device}"
        opens = open_runtime if device == "cpu" else _open_on_gpu
        systems.append(System(key, *_label(path), device, partial(opens, path), path))
    return systems


def _label(path: Path) -> tuple[str, str]:
    """Model and precision of a checkpoint; one that cannot be read says so when its row is opened."""
    try:
        network = load(path)
    except UserError:
        return path.stem, "unknown"
    precision = "int8, simulated" if network.ranges else "float16 weights" if network.float16 else "float32"
    return network.card.model, f"{network.palette_bits}-bit palettes" if network.palette_bits else precision


def _converted(folder: Path) -> list[System]:
    listed = folder / CONVERTED.name
    head = read_json(listed) if listed.exists() else {"rows": []}
    precisions = {row["file"]: row["precision"] for row in head["rows"]}
    files = [path for pattern in ("*.tflite", "*.onnx", "*.mlpackage") for path in sorted(folder.glob(pattern))]
    return [
        System(
            path.name,
            head["model"] if path.name in precisions else path.stem,
            precisions.get(path.name, "as made"),
            "cpu",
            partial(_open_to_time, path),
            path,
        )
        for path in files
    ]


def _open_to_time(path: Path, threads: int) -> Runtime:
    """NotRun for a Core ML package elsewhere than on macOS: evaluated on torch, it has no speed of its own."""
    if path.suffix == ".mlpackage" and platform.system() != "Darwin":
        raise NotRun(path, "Core ML predicts only on macOS")
    return open_runtime(path, threads)


def _gpu_systems(folder: Path) -> list[System]:
    if torch.cuda.is_available():
        return [*paper_systems("cuda"), *_checkpoints(folder, "cuda")]
    return paper_systems("cuda")[:1]


def _untrained(name: str, device: str, threads: int) -> Runtime:
    torch.set_num_threads(threads)
    torch.manual_seed(0)
    if device == "cpu":
        model = build(name).fold()
        return TorchRuntime(model, model.spec.multiple)
    if not torch.cuda.is_available():
        raise NotRun(Path(name), "no CUDA device is present")
    model = build(name).fold().cuda()
    return CudaRuntime(model, model.spec.multiple)


def _open_on_gpu(path: Path, threads: int) -> Runtime:
    runtime = open_runtime(path, threads)
    assert isinstance(runtime, TorchRuntime)
    return CudaRuntime(runtime.model.cuda(), runtime.multiple)


def size_in_bytes(system: System, runtime: Runtime | None) -> int | None:
    """Of the file, or of all in the folder that an .mlpackage is; without a file, of the float32 state_dict."""
    if system.path:
        parts = system.path.rglob("*") if system.path.is_dir() else [system.path]
        return sum(part.stat().st_size for part in parts if part.is_file())
    if not isinstance(runtime, TorchRuntime):
        return None
    return sum(tensor.numel() * tensor.element_size() for tensor in runtime.model.state_dict().values())


def sha256(system: System) -> str | None:
    """Of the file itself; None for networks without one and for folders."""
    if system.path is None or system.path.is_dir():
        return None
    return hashlib.sha256(system.path.read_bytes()).hexdigest()
