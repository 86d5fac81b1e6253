"""Facts of the machine and of the software, without which a time means nothing."""

import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import psutil

PACKAGES = ("pix2phone", "torch", "ai-edge-litert", "onnxruntime", "coremltools", "numpy")
TELLING = ("avx2", "avx512f", "avx512_vnni", "avx512_bf16", "amx_int8", "amx_bf16", "asimddp", "i8mm", "bf16")


def facts() -> dict[str, Any]:
    """CPU, memory, GPU, system and versions of the runtimes, as plain JSON."""
    import torch

    gpu = torch.cuda.get_device_name() if torch.cuda.is_available() else None
    return {
        "cpu": _cpu_field("model name") or platform.processor() or platform.machine(),
        "instructions": [flag for flag in TELLING if flag in _cpu_field("flags").split()],
        "cores": psutil.cpu_count(),
        "memory_gb": round(psutil.virtual_memory().total / 1e9, 1),
        "gpu": gpu,
        "system": f"{platform.system()} {platform.release()}, {platform.machine()}",
        "python": platform.python_version(),
        "versions": {name: _version(name) for name in PACKAGES},
    }


def busy() -> float:
    """Per cent of all processor time that others use, looked at for one second in which this process does nothing."""
    return psutil.cpu_percent(interval=1.0)


def _cpu_field(name: str) -> str:
    table = Path("/proc/cpuinfo")
    lines = table.read_text().splitlines() if table.exists() else []
    return next((line.split(":", 1)[1].strip() for line in lines if line.split(":")[0].strip() == name), "")


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"
