"""A Core ML package: in Core ML itself where there is one, else evaluated."""

from pathlib import Path
from typing import Any

import numpy as np

from convert import metadata
from convert.runtimes.face import Runtime
from pix2phone.errors import UserError


class Package(Runtime):
    """An .mlpackage, RGB in [0, 255]; a picture is padded to the next size that it lists, if it lists any."""

    def read_facts(self, path: Path, written: dict[str, str]) -> None:
        """Take multiple and sizes from the metadata `written` in the package; UserError when it carries none."""
        facts = metadata.loads(path, written.get(metadata.KEY))
        self.multiple = facts["multiple"]
        side = facts.get("largest_side")
        self.flexible = side is not None
        listed = [(side, side)] if self.flexible else [tuple(size) for size in facts["sizes"]]
        self.sizes = sorted(listed, key=np.prod)

    def padded(self, height: int, width: int) -> tuple[int, int]:
        for size in self.sizes:
            if size[0] >= height and size[1] >= width:
                return super().padded(height, width) if self.flexible else size
        largest = "x".join(map(str, self.sizes[-1]))
        raise UserError(f"picture of {height}x{width}: larger than {largest}, the file's largest size; shrink it")


class CoreMLRuntime(Package):
    """A package in Core ML itself, which only macOS has."""

    name = "Core ML"

    def __init__(self, path: Path) -> None:
        import coremltools

        self.model = coremltools.models.MLModel(str(path))
        self.read_facts(path, self.model.user_defined_metadata)

    def load(self, picture: np.ndarray) -> None:
        from PIL import Image

        self.image = Image.fromarray(picture)

    def invoke(self) -> None:
        self.result = self.model.predict({"image": self.image})["painted"]

    def raw(self) -> np.ndarray:
        return np.array(self.result.convert("RGB"))


class EvaluatedRuntime(Package):
    """A package whose ML Program convert/mil.py evaluates on torch; the time it takes says nothing of Core ML's."""

    name = "Core ML program, evaluated"
    evaluated = True

    def __init__(self, path: Path, threads: int) -> None:
        import torch

        from convert.mil import Program

        torch.set_num_threads(threads)
        self.program = Program(path)
        self.read_facts(path, self.program.metadata)

    def load(self, picture: np.ndarray) -> None:
        import torch

        self.image = torch.from_numpy(picture.astype(np.float32)).permute(2, 0, 1)[None].contiguous()

    def invoke(self) -> None:
        self.result = self.program(self.image)

    def raw(self) -> np.ndarray:
        return self.result[0].permute(1, 2, 0).numpy() / 255

    def convolutions(self, picture: np.ndarray) -> list[tuple[str, np.ndarray]]:
        """The names of the program's convolutions, in order, and what they give for uint8 H x W x 3 of a size it takes.

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
