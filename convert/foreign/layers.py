"""First differing layer of a file made of an external network: the outputs of all convolutions, compared in order."""

import tempfile
from pathlib import Path

import numpy as np
import onnx

from convert.foreign.open import Foreign
from convert.gate.layers import FLOAT_DB, Layer, first_to_differ
from convert.runtimes.base import Runtime
from convert.runtimes.onnx_file import OnnxRuntime
from pix2phone.errors import CheckFailed
from pix2phone.external.wrap import plain


class ForeignLocator:
    """Finds the first layer of an artefact that differs from `network`.

    It is compared with the converters' input: the network in ONNX, with norms and scales already part of the
    convolutions. Converters give layers names of their own, so that the order tells which is which, and where they
    have made more convolutions of them, or fewer, it cannot be told.
    """

    def __init__(self, network: Foreign, sound: float = FLOAT_DB) -> None:
        self.network, self.sound = network, sound

    def __call__(self, runtime: Runtime, picture: np.ndarray) -> str:
        """One line: the first layer that differs on uint8 H x W x 3 of a size supported by both, and its agreement."""
        try:
            wanted = self._wanted(picture)
        except CheckFailed:
            return "its layers cannot be compared: the network cannot be written as ONNX"
        found = runtime.convolutions(picture)
        if len(found) != len(wanted):
            return f"its layers cannot be compared: {len(found)} convolutions, {len(wanted)} in the network"
        here = {name: values for (name, _), (_, values) in zip(wanted, found, strict=True)}
        return first_to_differ(here, wanted, self.sound)

    def _wanted(self, picture: np.ndarray) -> list[Layer]:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "network.onnx"
            onnx.save(plain(self.network.wrapped, self.network.network.size), path)
            return OnnxRuntime(path, threads=1).convolutions(picture)
