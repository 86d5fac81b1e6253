"""A .tflite file in LiteRT."""

from pathlib import Path

import numpy as np

from convert import metadata
from convert.chatter import muted
from convert.runtimes.face import Runtime


class LiteRTRuntime(Runtime):
    """A .tflite file, 1 x H x W x 3 float32 in [0, 1] or uint8, resized to each picture; XNNPACK on the CPU."""

    name = "LiteRT"

    def __init__(self, path: Path, threads: int) -> None:
        from ai_edge_litert.interpreter import Interpreter

        self.take_sizes(metadata.read_tflite_metadata(path))
        self.interpreter = Interpreter(model_path=str(path), num_threads=threads)
        self.input = self.interpreter.get_input_details()[0]
        self.output = self.interpreter.get_output_details()[0]["index"]
        self.shape: tuple[int, ...] | None = None

    def load(self, picture: np.ndarray) -> None:
        if picture.shape != self.shape:
            self.interpreter.resize_tensor_input(self.input["index"], (1, *picture.shape))
            with muted():  # XNNPACK says that it is there
                self.interpreter.allocate_tensors()
            self.shape = picture.shape
        data = picture if self.input["dtype"] is np.uint8 else picture.astype(np.float32) / 255
        self.interpreter.set_tensor(self.input["index"], data[None])

    def invoke(self) -> None:
        self.interpreter.invoke()

    def raw(self) -> np.ndarray:
        return self.interpreter.get_tensor(self.output)[0]
