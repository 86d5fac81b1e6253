"""An .onnx file in onnxruntime."""

import json
from pathlib import Path

import numpy as np

from convert import metadata
from convert.runtimes.face import Runtime


class OnnxRuntime(Runtime):
    """An .onnx file, N x 3 x H x W float32 in [0, 1]; ours pad inside, and foreign ones say what sides they take."""

    name = "onnxruntime"

    def __init__(self, path: Path, threads: int) -> None:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.log_severity_level = 3
        self.session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        self.input = self.session.get_inputs()[0].name
        facts = json.loads(self.session.get_modelmeta().custom_metadata_map.get(metadata.KEY, "{}"))
        if facts:
            self.take(facts)
        if not facts.get("foreign"):
            self.multiple = 1

    def load(self, picture: np.ndarray) -> None:
        self.feed = {self.input: np.ascontiguousarray(picture.transpose(2, 0, 1)[None], np.float32) / 255}

    def invoke(self) -> None:
        self.result = self.session.run(None, self.feed)[0]

    def raw(self) -> np.ndarray:
        return self.result[0].transpose(1, 2, 0)
