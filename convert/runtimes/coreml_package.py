"""A Core ML package in Core ML itself, where there is one."""

from pathlib import Path

import numpy as np

from convert import metadata, tiles
from convert.runtimes.face import Runtime
from pix2phone.errors import UserError


class CoreMLRuntime(Runtime):
    """An .mlpackage in Core ML itself, which only macOS has; a picture is padded to the next size that it lists.

    One that is larger than all of them goes by tiles, of the size that leaves the fewest pixels to compute.
    """

    name = "Core ML"

    def __init__(self, path: Path) -> None:
        import coremltools

        self.model = coremltools.models.MLModel(str(path))
        facts = metadata.loads(path, self.model.user_defined_metadata.get(metadata.KEY))
        self.multiple = facts["multiple"]
        self.tile_as(facts)
        self.sizes = sorted((tuple(size) for size in facts["sizes"]), key=np.prod)

    def padded(self, height: int, width: int) -> tuple[int, int]:
        for size in self.sizes:
            if size[0] >= height and size[1] >= width:
                return size
        largest = "x".join(map(str, self.sizes[-1]))
        raise UserError(f"picture of {height}x{width}: larger than {largest}, the file's largest size; shrink it")

    def plan(self, height: int, width: int) -> tiles.Plan | None:
        if any(size[0] >= height and size[1] >= width for size in self.sizes):
            return None
        plans = [tiles.plan(height, width, size, self.reach, self.grid) for size in self.sizes]
        return min(plans, key=lambda plan: plan.total * plan.sides[0] * plan.sides[1])

    def load(self, picture: np.ndarray) -> None:
        from PIL import Image

        self.image = Image.fromarray(picture)

    def invoke(self) -> None:
        self.result = self.model.predict({"image": self.image})["painted"]

    def raw(self) -> np.ndarray:
        return np.array(self.result.convert("RGB"))
