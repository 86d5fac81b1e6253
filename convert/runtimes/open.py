"""The runtime for each kind of file."""

import os
import platform
from pathlib import Path

from convert.runtimes.base import Runtime
from convert.runtimes.coreml_package import UNITS, CoreMLRuntime, EvaluatedRuntime
from convert.runtimes.litert_file import LiteRTRuntime
from convert.runtimes.onnx_file import OnnxRuntime
from convert.runtimes.torch_model import TorchRuntime
from pix2phone.errors import UserError, first_line
from pix2phone.external.formats import TORCHSCRIPT, how_to_export

SUFFIXES = (".tflite", ".onnx", ".safetensors", ".mlpackage")


def _open_torch(path: Path, threads: int) -> Runtime:
    import torch

    from compress.load import load

    torch.set_num_threads(threads)
    model = load(path).deployed()
    return TorchRuntime(model, model.spec.multiple)


def open_runtime(path: Path, threads: int = os.cpu_count() or 1) -> Runtime:
    """The runtime for the suffix of `path`.

    A checkpoint runs in eager torch: folded float weights, or fake-quantised when its history has an int8 step.
    A Core ML package is evaluated where there is no Core ML, which predicts only on macOS.
    Raises UserError for a missing, unknown or broken file, NotRun for one that cannot be evaluated.
    """
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        if suffix in TORCHSCRIPT:
            raise UserError(f"{path}: not an artefact; make one of it with python -m convert --from {path}")
        if remedy := how_to_export(path):
            raise UserError(f"{path}: not an artefact; {remedy}")
        raise UserError(f"{path}: not an artefact; name one that ends in {', '.join(SUFFIXES)}")
    if not path.exists():
        raise UserError(f"{path}: no such file; make it with python -m convert")
    if suffix == ".safetensors":
        return _open_torch(path, threads)
    try:
        if suffix == ".mlpackage":
            return CoreMLRuntime(path) if platform.system() == "Darwin" else EvaluatedRuntime(path, threads)
        return LiteRTRuntime(path, threads) if suffix == ".tflite" else OnnxRuntime(path, threads)
    except UserError:
        raise
    except Exception as error:  # each runtime raises its own kinds for a broken file
        if isinstance(error.__cause__, KeyboardInterrupt):  # Ctrl-C during the import of compiled code
            raise KeyboardInterrupt from None
        raise UserError(
            f"{path}: its runtime refuses it ({first_line(error)}); make it again with python -m convert"
        ) from None


def open_each(path: Path) -> list[Runtime]:
    """The runtimes in which the file at `path` is checked: Core ML on each compute unit, else its only one.

    Raises as `open_runtime` does.
    """
    runtime = open_runtime(path)
    if isinstance(runtime, CoreMLRuntime):
        return [CoreMLRuntime(path, unit) for unit in UNITS]
    return [runtime]
