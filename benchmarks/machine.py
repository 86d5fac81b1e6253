"""Facts of the machine and of the software, without which a time means nothing."""

import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import psutil

PACKAGES = ("pix2phone", "torch", "ai-edge-litert", "onnxruntime", "coremltools", "openvino", "executorch", "numpy")
TELLING = ("avx2", "avx512f", "avx512_vnni", "avx512_bf16", "amx_int8", "amx_bf16", "asimddp", "i8mm", "bf16")


def facts() -> dict[str, Any]:
    """The "hardware", "os" and "versions" of schema.json."""
    import torch

    hardware: dict[str, Any] = {
        "cpu": _cpu_field("model name") or platform.processor() or platform.machine(),
        "instructions": [flag for flag in TELLING if flag in _cpu_field("flags").split()],
        "cores": psutil.cpu_count(),
        "memory_bytes": psutil.virtual_memory().total,
    }
    if torch.cuda.is_available():
        hardware["gpu"] = torch.cuda.get_device_name()
    found = {name: number for name in PACKAGES if (number := _version(name))}
    return {
        "hardware": hardware,
        "os": {"name": platform.system(), "version": platform.release(), "architecture": platform.machine()},
        "versions": {"python": platform.python_version()} | found,
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
        return ""
