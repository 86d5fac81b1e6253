"""The machine and the software, without which a time means nothing."""

import platform
from importlib.metadata import PackageNotFoundError, version

import psutil

from benchmarks.records.run import Hardware, Machine, OperatingSystem
from pix2phone.processor import describe, has_dot_products, this_processor

__all__ = ["busy", "describe", "has_dot_products", "this_machine"]

PACKAGES = ("pix2phone", "torch", "ai-edge-litert", "onnxruntime", "coremltools", "openvino", "executorch", "numpy")


def this_machine() -> Machine:
    """The hardware, system and versions of this host."""
    import torch

    hardware = this_processor() | {"cores": psutil.cpu_count(), "memory_bytes": psutil.virtual_memory().total}
    if torch.cuda.is_available():
        hardware["gpu"] = torch.cuda.get_device_name()
    found = {name: number for name in PACKAGES if (number := _version(name))}
    system = {"name": platform.system(), "version": platform.release(), "architecture": platform.machine()}
    return Machine(
        hardware=Hardware.model_validate(hardware),
        os=OperatingSystem.model_validate({name: text for name, text in system.items() if text}),
        versions={"python": platform.python_version()} | found,
    )


def busy() -> float:
    """Per cent of processor time used by others, measured over one second in which this process is idle."""
    return psutil.cpu_percent(interval=1.0)


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""
