"""An .onnx file in onnxruntime."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from convert.metadata import KEY
from convert.runtimes.base import Runtime
from pix2phone.arrays import to_nchw
from pix2phone.runtimes.onnx_session import OnnxSession

if TYPE_CHECKING:
    from onnx import GraphProto, NodeProto


class OnnxFile(Runtime):
    """An .onnx file, N x 3 x H x W float32 in [0, 1]; ours pad inside, and foreign ones declare their sides."""

    def read_metadata(self, written: dict[str, str]) -> None:
        """Set the fields from the metadata `written` in the file; older ones have none."""
        metadata = json.loads(written.get(KEY, "{}"))
        if metadata:
            self.take(metadata)
        if not metadata.get("foreign"):
            self.multiple = 1


class OnnxRuntime(OnnxFile):
    """In onnxruntime, on the CPU."""

    name = "onnxruntime"

    def __init__(self, path: Path, threads: int) -> None:
        self.path, self.threads, self.session = path, threads, OnnxSession(path, threads)
        self.read_metadata(self.session.properties)

    def load(self, picture: np.ndarray) -> None:
        self.session.feed({self.session.inputs[0].name: to_nchw(picture)})

    def invoke(self) -> None:
        self.session.run()

    def raw(self) -> np.ndarray:
        return self.session.read(self.session.wanted[0])[0].transpose(1, 2, 0)

    def convolutions(self, picture: np.ndarray) -> list[tuple[str, np.ndarray]]:
        """The output of each convolution, in the file's order, for uint8 H x W x 3: its name, and H x W x C float32.

        Outputs are read after activation and rounding, so that onnxruntime runs the same kernels as
        without observation. If attention has flattened the picture, L x C. The channels are in the file's order,
        which may differ from torch's (convert.channel_order).
        """
        import onnx

        shown = onnx.load(self.path)
        results = {node.output[0]: _result(shown.graph, node) for node in shown.graph.node if node.op_type == "Conv"}
        known = {output.name for output in shown.graph.output}
        shown.graph.output.extend(
            onnx.ValueInfoProto(name=name) for name in dict.fromkeys(results.values()) if name not in known
        )
        session = OnnxSession(shown.SerializeToString(), self.threads)
        session.feed({session.inputs[0].name: to_nchw(picture)})
        session.run()
        real = (_real(shown.graph, name, session.read(name)[0]) for name in results.values())
        return [(name, np.moveaxis(value, 0, -1)) for name, value in zip(results, real, strict=True)]


def _result(graph: "GraphProto", node: "NodeProto") -> str:
    """The value in which the output of `node` leaves the operator that onnxruntime makes of it: activated, rounded."""
    name = node.output[0]
    for fused in (("Relu", "Clip", "LeakyRelu"), ("QuantizeLinear",)):
        users = [user for user in graph.node if name in user.input]
        if len(users) == 1 and users[0].op_type in fused:
            name = users[0].output[0]
    return name


def _real(graph: "GraphProto", name: str, values: np.ndarray) -> np.ndarray:
    """`values` of the value `name` as float32, whatever its type."""
    from onnx import numpy_helper

    if values.dtype.kind == "f":
        return values
    maker = next(node for node in graph.node if name in node.output)
    stored = {tensor.name: tensor for tensor in graph.initializer}
    scale, zero = (numpy_helper.to_array(stored[part]) for part in maker.input[1:])
    return (values.astype(np.float32) - zero) * scale
