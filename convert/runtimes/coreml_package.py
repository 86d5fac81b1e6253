"""A Core ML package: in Core ML itself if available, else evaluated."""

from pathlib import Path
from typing import Any

import numpy as np

from convert import metadata
from convert.runtimes.base import Runtime
from pix2phone.console import muted

UNITS = ("CPU_ONLY", "CPU_AND_GPU", "ALL")  # the last has the Neural Engine


class Package(Runtime):
    """An .mlpackage, RGB in [0, 255]."""

    def read_metadata(self, path: Path, written: dict[str, str]) -> None:
        """Set the fields from the metadata `written` in the package; UserError without any."""
        self.take(metadata.loads(path, written.get(metadata.KEY)))


class CoreMLRuntime(Package):
    """A package in Core ML itself, available only on macOS, on one of `UNITS`."""

    verdict = "passed (Core ML)"

    def __init__(self, path: Path, unit: str = "ALL") -> None:
        import coremltools

        self.name = f"Core ML, {unit}"
        self.model = coremltools.models.MLModel(str(path), compute_units=coremltools.ComputeUnit[unit])
        self.read_metadata(path, self.model.user_defined_metadata)

    def load(self, picture: np.ndarray) -> None:
        from PIL import Image

        self.image = Image.fromarray(picture)

    def invoke(self) -> None:
        self.result = self.model.predict({"image": self.image})["painted"]

    def raw(self) -> np.ndarray:
        return np.array(self.result.convert("RGB"))


class EvaluatedRuntime(Package):
    """A package whose ML Program is evaluated on torch by convert/runtimes/mil; its time does not represent Core ML."""

    name = "an evaluator of ML Programs, not run by Core ML"
    verdict = "passed (evaluated)"

    def __init__(self, path: Path, threads: int) -> None:
        import torch

        with muted():
            from convert.runtimes.mil.program import Program

        torch.set_num_threads(threads)
        self.program = Program(path)
        self.read_metadata(path, self.program.metadata)

    def load(self, picture: np.ndarray) -> None:
        import torch

        self.image = torch.from_numpy(picture.astype(np.float32)).permute(2, 0, 1)[None].contiguous()

    def invoke(self) -> None:
        self.overflow = ""
        self.result = self.program(self.image, self._watch)

    def _watch(self, operation: Any, value: Any) -> None:
        if not self.overflow and value.is_floating_point() and not value.isfinite().all():
            self.overflow = operation.name

    def raw(self) -> np.ndarray:
        return self.result[0].permute(1, 2, 0).numpy() / 255

    def convolutions(self, picture: np.ndarray) -> list[tuple[str, np.ndarray]]:
        """The names of the program's convolutions, in order, and their outputs for uint8 H x W x 3 of a size it takes.

        H x W x C float32, and 1 x L x C over a flattened feature map.
        """
        seen: list[tuple[str, np.ndarray]] = []

        def watch(operation: Any, value: Any) -> None:
            if operation.op_type == "conv":
                channels_last = value.reshape(*value.shape[1:2], -1, value.shape[-1]).permute(1, 2, 0)
                seen.append((operation.name, channels_last.numpy()))

        self.load(picture)
        self.program(self.image, watch)
        return seen
