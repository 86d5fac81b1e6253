"""The original beside the files that are made of it."""

import numpy as np

from convert.runtimes.face import Runtime
from train.styles.network import Network

NAMES = {".onnx": "onnxruntime", ".tflite": "LiteRT"}


class ForeignRuntime(Runtime):
    """A network as it came, in its own runtime, fed with pictures by its own convention."""

    def __init__(self, network: Network) -> None:
        self.name = NAMES.get(network.opened.path.suffix.lower(), "TorchScript")
        self.network = network
        self.take({"multiple": network.multiple, "sizes": [network.size] if network.size else []})

    def load(self, picture: np.ndarray) -> None:
        self.picture = picture

    def invoke(self) -> None:
        self.result = self.network.call(self.picture)

    def raw(self) -> np.ndarray:
        return self.network.unit(self.result)
