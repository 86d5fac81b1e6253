"""ONNX networks in onnxruntime, on the CPU."""

from pathlib import Path
from typing import Any, Literal

import numpy as np

from pix2phone.runtimes.session import Session, TensorInfo

LEVELS = {"all": "ORT_ENABLE_ALL", "basic": "ORT_ENABLE_BASIC", "none": "ORT_DISABLE_ALL"}
SILENT = 4  # severity: errors arrive as exceptions
NUMPY = {"float": "float32", "double": "float64"}


class OnnxSession(Session):
    """An .onnx file, or the bytes of one; 0 `threads` leave the number to onnxruntime.

    `optimise`: "all", "basic" (any runtime can read the result) or "none" (operator by operator). `written`: where
    the optimised network is saved.
    """

    def __init__(
        self,
        source: Path | bytes,
        threads: int | None = 0,
        optimise: Literal["all", "basic", "none"] = "all",
        written: Path | None = None,
    ) -> None:
        import onnxruntime  # here, so that a process holds the runtimes alone that it uses

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads or 0
        options.log_severity_level = SILENT
        options.graph_optimization_level = getattr(onnxruntime.GraphOptimizationLevel, LEVELS[optimise])
        if written:
            options.optimized_model_filepath = str(written)
        content = source if isinstance(source, bytes) else str(source)
        self.session = onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
        self.inputs = [_info(node) for node in self.session.get_inputs()]
        self.outputs = [_info(node) for node in self.session.get_outputs()]
        self.wanted = [output.name for output in self.outputs]

    @property
    def properties(self) -> dict[str, str]:
        """The file's own metadata."""
        return self.session.get_modelmeta().custom_metadata_map

    def feed(self, values: dict[str, np.ndarray]) -> None:
        self.fed = values

    def run(self) -> None:
        self.made = self.session.run(self.wanted, self.fed)

    def read(self, name: str) -> np.ndarray:
        return self.made[self.wanted.index(name)]


def _info(node: Any) -> TensorInfo:
    """The shape and type of an input or output in onnxruntime, whose type is such as tensor(float)."""
    dtype = node.type.removeprefix("tensor(").removesuffix(")")
    return TensorInfo(node.name, list(node.shape), NUMPY.get(dtype, dtype))
