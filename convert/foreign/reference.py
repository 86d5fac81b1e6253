"""The original beside the files that are made of it."""

import numpy as np

from convert.runtimes.face import Runtime
from train.styles.network import Network


class ForeignRuntime(Runtime):
    """A network as it came, in onnxruntime or torch, fed with pictures in its own layout and range."""

    def __init__(self, network: Network, value_range: tuple[float, float]) -> None:
        self.name = "onnxruntime" if network.opened.path.suffix.lower() == ".onnx" else "TorchScript"
        self.network, self.range = network, value_range
        self.take({"multiple": network.multiple, "sizes": [network.size] if network.size else []})

    def load(self, picture: np.ndarray) -> None:
        self.picture = picture

    def invoke(self) -> None:
        self.result = self.network.call(self.picture, self.range)

    def raw(self) -> np.ndarray:
        if self.result.dtype == np.uint8:
            return self.result
        low, high = self.range
        return (self.result.astype(np.float32) - low) / (high - low)
