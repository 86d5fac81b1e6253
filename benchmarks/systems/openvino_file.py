"""An .onnx file in OpenVINO, an optional extra."""

from pathlib import Path

import numpy as np

from convert.runtimes.onnx_file import OnnxFile
from pix2phone.arrays import to_nchw


class OpenVinoRuntime(OnnxFile):
    """On the CPU, compiled for the loaded size; 8-bit weights and their scales as stored in the file."""

    name = "OpenVINO"

    def __init__(self, path: Path, threads: int) -> None:
        import onnx
        import openvino

        self.core = openvino.Core()
        self.model = self.core.read_model(str(path))
        # By default it computes in bfloat16 if the processor supports it.
        self.settings = {
            "INFERENCE_NUM_THREADS": threads,
            "PERFORMANCE_HINT": "LATENCY",
            "INFERENCE_PRECISION_HINT": "f32",
        }
        self.shape: tuple[int, ...] | None = None
        written = onnx.load(str(path), load_external_data=False).metadata_props
        self.read_metadata({entry.key: entry.value for entry in written})

    def load(self, picture: np.ndarray) -> None:
        if picture.shape != self.shape:
            self.model.reshape([1, 3, *picture.shape[:2]])
            self.request = self.core.compile_model(self.model, "CPU", self.settings).create_infer_request()
            self.shape = picture.shape
        self.feed = [to_nchw(picture)]

    def invoke(self) -> None:
        self.request.infer(self.feed, share_inputs=True, share_outputs=True)

    def raw(self) -> np.ndarray:
        return self.request.get_output_tensor(0).data[0].transpose(1, 2, 0)
