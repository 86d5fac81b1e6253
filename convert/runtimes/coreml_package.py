"""A Core ML package in Core ML itself, where there is one."""

from pathlib import Path

import numpy as np

from convert import metadata
from convert.runtimes.face import Runtime


class CoreMLRuntime(Runtime):
    """An .mlpackage in Core ML itself, which only macOS has."""

    name = "Core ML"

    def __init__(self, path: Path) -> None:
        import coremltools

        self.model = coremltools.models.MLModel(str(path))
        self.take(metadata.loads(path, self.model.user_defined_metadata.get(metadata.KEY)))

    def load(self, picture: np.ndarray) -> None:
        from PIL import Image

        self.image = Image.fromarray(picture)

    def invoke(self) -> None:
        self.result = self.model.predict({"image": self.image})["painted"]

    def raw(self) -> np.ndarray:
        return np.array(self.result.convert("RGB"))
