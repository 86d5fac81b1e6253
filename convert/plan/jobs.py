"""The files made of a checkpoint, and the reference of each."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import Any

from torch.fx import GraphModule

from compress.int8.quantize import FakeQuantised, int8_convolutions
from compress.load import Compressed
from convert.coreml.torch_operators import IOS_OF_ACTIVATIONS, IOS_OF_KERNELS
from convert.coreml.write import precision_of, write_coreml
from convert.gate.layers import Locator
from convert.gate.parity import Gate, Reference
from convert.litert.write import Precision, write_tflite
from convert.metadata import write_tflite_metadata
from convert.onnx.write import write_onnx
from convert.plan.apps import files_for_apps, serves_apps
from convert.plan.model_card import Metadata
from convert.plan.options import ConvertOptions
from convert.runtimes.torch_model import TorchRuntime
from operators.levels import Ranges
from train.models.generator import Generator

FLOAT_FLOOR, FLOAT_LARGEST = 40.0, 2  # dB and grey levels from torch
INT8_FLOOR, INT8_WHOLE_FLOOR = 40.0, 30.0  # dB from torch with the same roundings, and without
NO_INT8 = "no int8 step: python -m compress --int8"


@dataclass(frozen=True)
class Job:
    """One file to make: `write(path)`; None, and why, where the checkpoint lacks its inputs."""

    file: str
    target: str
    precision: str
    gate: Gate | None
    write: Callable[[Path], None] | None
    why_not: str = ""


class Networks:
    """A checkpoint's network in float and with int8 roundings, as graph and as reference; each is made once."""

    def __init__(self, compressed: Compressed) -> None:
        self.compressed = compressed

    @cached_property
    def graph(self) -> GraphModule:
        return self.compressed.graph

    @cached_property
    def rounded(self) -> FakeQuantised | None:
        """The network with int8 roundings; None without an int8 step."""
        ranges = self.compressed.ranges
        return None if ranges is None else FakeQuantised(self.graph, ranges).eval()

    @cached_property
    def whole(self) -> Reference:
        return self._reference(self.compressed.folded)

    @cached_property
    def float_gate(self) -> Gate:
        return Gate(self.whole, FLOAT_FLOOR, FLOAT_LARGEST, locate=Locator(self.graph))

    @cached_property
    def dynamic_gate(self) -> Gate:
        return Gate(self.whole, INT8_WHOLE_FLOOR, locate=Locator(self.graph))

    @cached_property
    def int8_gate(self) -> Gate | None:
        if self.rounded is None:
            return None
        locate = Locator(self.graph, self.rounded.network)
        return Gate(self._reference(self.rounded), INT8_FLOOR, 255, self.whole, INT8_WHOLE_FLOOR, locate)

    @cached_property
    def kernels_gate(self) -> Gate | None:
        """The gate for a file with rounded kernels only."""
        ranges = self.compressed.ranges
        if ranges is None:
            return None
        kernels = FakeQuantised(self.graph, dict.fromkeys(ranges), int8_convolutions(self.graph, ranges)).eval()
        locate = Locator(self.graph, kernels.network)
        return Gate(self._reference(kernels), INT8_FLOOR, FLOAT_LARGEST, self.whole, INT8_WHOLE_FLOOR, locate)

    def _reference(self, model: Generator) -> Reference:
        return Reference(TorchRuntime(model, self.compressed.folded.spec.multiple))


def list_jobs(networks: Networks, metadata: Metadata, options: ConvertOptions) -> list[Job]:
    """A job for every file of the targets in `options`."""
    coreml = partial(_coreml, options)
    makers: dict[str, Callable[[Networks, Metadata], list[Job]]] = {
        "coreml": coreml,
        "onnx": _onnx,
        "tflite": _tflite,
    }
    jobs: list[Job] = []
    for target, author in makers.items():
        if target in options.targets:
            jobs += author(networks, metadata)
        elif serves_apps(target, options.targets):
            possible = [job for job in author(networks, metadata) if job.write]
            files = files_for_apps(target, options.targets, [job.file for job in possible])
            jobs += [job for job in possible if job.file in files]
    return jobs


def _coreml(options: ConvertOptions, networks: Networks, metadata: Metadata) -> list[Job]:
    ranges, bits, ios = networks.compressed.ranges, networks.compressed.palette_bits, options.ios

    def job(file: str, gate: Gate | None, kernels: Ranges | None) -> Job:
        precision = precision_of(kernels, bits, ios)
        how: dict[str, Any] = {"palette_bits": bits, "ranges": kernels, "ios": ios, "sizes": options.sizes}
        write = partial(
            write_coreml, networks.graph, metadata=metadata | {"precision": precision}, flexible=options.flexible, **how
        )
        return Job(file, "coreml", precision, gate, write)

    jobs, name = [job("Model.mlpackage", networks.float_gate, None)], "Model-int8.mlpackage"
    if ranges is None:
        return [*jobs, Job(name, "coreml", "int8", None, None, NO_INT8)]
    gate = networks.int8_gate if ios >= IOS_OF_ACTIVATIONS else networks.kernels_gate
    if ios < IOS_OF_KERNELS:
        return [*jobs, Job(name, "coreml", "int8", None, None, f"iOS {ios} holds no 8-bit weights: --ios 16")]
    return [*jobs, job(name, gate, ranges)]


def _onnx(networks: Networks, metadata: Metadata) -> list[Job]:
    def write(path: Path) -> None:
        write_onnx(networks.graph, path, metadata)

    def write_int8(path: Path) -> None:
        write_onnx(networks.graph, path, metadata, networks.compressed.ranges)

    gate = networks.int8_gate
    return [
        Job("model.onnx", "onnx", "float32", networks.float_gate, write),
        Job("model-int8.onnx", "onnx", "int8", gate, write_int8 if gate else None, "" if gate else NO_INT8),
    ]


def _tflite(networks: Networks, metadata: Metadata) -> list[Job]:
    def job(precision: Precision, gate: Gate | None) -> Job:
        write = partial(_write_tflite, networks, precision, metadata) if gate else None
        return Job(f"model-{precision}.tflite", "tflite", precision, gate, write, "" if gate else NO_INT8)

    return [
        job("float32", networks.float_gate),
        job("float16", networks.float_gate),
        job("dynamic", networks.dynamic_gate),
        job("int8", networks.int8_gate),
    ]


def _write_tflite(networks: Networks, precision: Precision, metadata: Metadata, path: Path) -> None:
    write_tflite(networks.graph, path, precision, networks.compressed.ranges)
    numbers = "bytes" if precision == "int8" else "float32 in [0, 1]"
    ends = dict.fromkeys(
        ("input", "output"), f"1 x H x W x 3, RGB, {numbers}; sides multiples of {metadata['multiple']}"
    )
    write_tflite_metadata(path, metadata | ends)
