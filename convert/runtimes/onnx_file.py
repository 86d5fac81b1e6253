"""An .onnx file in onnxruntime."""

import json
from functools import partial
from pathlib import Path

import numpy as np

from convert import metadata
from convert.runtimes.face import Runtime


class OnnxFile(Runtime):
    """An .onnx file, N x 3 x H x W float32 in [0, 1]; ours pad inside, and foreign ones say what sides they take."""

    def read_facts(self, written: dict[str, str]) -> None:
        """Take what the metadata `written` in the file says; older ones carry none."""
        facts = json.loads(written.get(metadata.KEY, "{}"))
        if facts:
            self.take(facts)
        if not facts.get("foreign"):
            self.multiple = 1


class OnnxRuntime(OnnxFile):
    """In onnxruntime, on the CPU."""

    name = "onnxruntime"

    def __init__(self, path: Path, threads: int) -> None:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.log_severity_level = 3
        self.open = partial(onnxruntime.InferenceSession, sess_options=options, providers=["CPUExecutionProvider"])
        self.path, self.session = path, self.open(str(path))
        self.input = self.session.get_inputs()[0].name
        self.read_facts(self.session.get_modelmeta().custom_metadata_map)

    def load(self, picture: np.ndarray) -> None:
        self.feed = {self.input: np.ascontiguousarray(picture.transpose(2, 0, 1)[None], np.float32) / 255}

    def invoke(self) -> None:
        self.result = self.session.run(None, self.feed)[0]

    def raw(self) -> np.ndarray:
        return self.result[0].transpose(1, 2, 0)

    def convolutions(self, picture: np.ndarray) -> list[tuple[str, np.ndarray]]:
        """What each convolution, in the file's order, makes of uint8 H x W x 3: its name, and H x W x C float32.

        Where attention has flattened the picture, L x C. The channels are in the file's order, which is not torch's
        everywhere (convert.channel_order).
        """
        import onnx

        shown = onnx.load(self.path)
        names = [node.output[0] for node in shown.graph.node if node.op_type == "Conv"]
        shown.graph.output.extend(onnx.ValueInfoProto(name=name) for name in names)
        self.load(picture)
        values = self.open(shown.SerializeToString()).run(names, self.feed)
        return [(name, np.moveaxis(value[0], 0, -1)) for name, value in zip(names, values, strict=True)]
