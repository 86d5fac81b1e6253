"""A .tflite file in LiteRT."""

from pathlib import Path
from typing import Any

import numpy as np
from ai_edge_litert import schema_py_generated as schema

from convert import metadata
from convert.runtimes.base import Runtime
from pix2phone.runtimes.flatbuffer import pack, unpack
from pix2phone.runtimes.litert_session import LiteRTSession, real

CONVOLUTIONS = (schema.BuiltinOperator.CONV_2D, schema.BuiltinOperator.DEPTHWISE_CONV_2D)


class LiteRTRuntime(Runtime):
    """A .tflite file, 1 x H x W x 3 float32 in [0, 1] or uint8, resized to each picture; XNNPACK on the CPU."""

    name = "LiteRT"

    def __init__(self, path: Path, threads: int) -> None:
        self.path, self.session = path, LiteRTSession(path, threads)
        self.take(metadata.read_tflite_metadata(path))

    def load(self, picture: np.ndarray) -> None:
        feed(self.session, picture)

    def invoke(self) -> None:
        self.session.run()

    def raw(self) -> np.ndarray:
        return self.session.read_stored(self.session.outputs[0].name)[0]

    def convolutions(self, picture: np.ndarray) -> list[tuple[str, np.ndarray]]:
        """Read from XNNPACK, whose kernels also paint, by a copy of the file with them as additional outputs."""
        content, results = _with_outputs(self.path)
        shown = LiteRTSession(content)
        feed(shown, picture)
        shown.run()
        tensors, values = shown.tensors(), {index: shown.interpreter.get_tensor(index)[0] for index in results}
        return [(tensors[index]["name"], _float(values[index], tensors[index])) for index in results]


def feed(session: LiteRTSession, picture: np.ndarray) -> None:
    """Put uint8 H x W x 3 into the first input: as bytes if its type is uint8, else as float32 in [0, 1]."""
    entry = session.taken[0]
    data = picture if entry["dtype"] is np.uint8 else picture.astype(np.float32) / 255
    session.feed({entry["name"]: data[None]})


def _with_outputs(path: Path) -> tuple[bytes, list[int]]:
    """The file with its convolutions' results as outputs beside its own, and the indices of those, in order."""
    model = unpack(path.read_bytes())
    (graph,) = model.subgraphs
    codes = [code.builtinCode for code in model.operatorCodes]
    results = [int(step.outputs[0]) for step in graph.operators if codes[step.opcodeIndex] in CONVOLUTIONS]
    graph.outputs = list(dict.fromkeys([*map(int, graph.outputs), *results]))
    model.signatureDefs = None  # they name only the file's own output
    return pack(model), results


def _float(values: np.ndarray, tensor: dict[str, Any]) -> np.ndarray:
    return real(values, tensor).astype(np.float32)


def real_ops(path: Path, height: int, width: int) -> list[tuple[str, list[dict[str, Any]], dict[str, Any]]]:
    """(operator, details of its inputs, of its output) for a picture of that size, in order.

    Operators on constants alone, such as those that unpack float16 weights, are left out: they run once, at the
    start. Details are those of Interpreter.get_tensor_details.
    """
    session = LiteRTSession(path, own_kernels=True)
    (picture,) = session.taken
    session.resize({picture["name"]: (1, height, width, 3)})
    tensors = session.tensors()
    live, found = {picture["index"]}, []
    for step in session.operators():
        inputs = [index for index in step["inputs"] if index in tensors]
        if live.intersection(inputs):
            live.update(step["outputs"])
            found.append((step["op_name"], [tensors[index] for index in inputs], tensors[step["outputs"][0]]))
    return found
