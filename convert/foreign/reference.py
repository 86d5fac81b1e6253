"""The original network, as reference for the files made of it."""

from collections.abc import Callable
from typing import Any

import numpy as np

from convert.runtimes import tiles
from convert.runtimes.base import Runtime
from pix2phone.external.network import Network

NAMES = {".onnx": "onnxruntime", ".tflite": "LiteRT"}


class ForeignRuntime(Runtime):
    """An external network in its own runtime, fed with pictures by its own convention.

    `cuts()` sets its tiling (Runtime.take).
    """

    def __init__(self, network: Network, cuts: Callable[[], Any]) -> None:
        self.name = NAMES.get(network.opened.path.suffix.lower(), "TorchScript")
        self.network, self.cuts = network, cuts
        self.take({"multiple": network.multiple, "sizes": [network.size] if network.size else []})

    def plan(self, height: int, width: int) -> tiles.TilePlan | None:
        """As for every file; `cuts`, which is slow, is only called when tiles are needed."""
        if super().plan(height, width):
            self.cuts()
        return super().plan(height, width)

    def load(self, picture: np.ndarray) -> None:
        self.picture = picture

    def invoke(self) -> None:
        self.result = self.network.call(self.picture)

    def raw(self) -> np.ndarray:
        return self.network.unit(self.result)
