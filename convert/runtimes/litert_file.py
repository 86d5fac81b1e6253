"""A .tflite file in LiteRT."""

from pathlib import Path
from typing import Any

import numpy as np
from ai_edge_litert import schema_py_generated as schema

from convert import metadata
from convert.litert.flatbuffer import pack, unpack
from convert.runtimes.base import Runtime
from convert.silence import muted

CONVOLUTIONS = (schema.BuiltinOperator.CONV_2D, schema.BuiltinOperator.DEPTHWISE_CONV_2D)


class LiteRTRuntime(Runtime):
    """A .tflite file, 1 x H x W x 3 float32 in [0, 1] or uint8, resized to each picture; XNNPACK on the CPU."""

    name = "LiteRT"

    def __init__(self, path: Path, threads: int) -> None:
        from ai_edge_litert.interpreter import Interpreter

        self.path = path
        unpack(path.read_bytes())  # of a damaged file this says so; the interpreter crashes
        self.take(metadata.read_tflite_metadata(path))
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

    def convolutions(self, picture: np.ndarray) -> list[tuple[str, np.ndarray]]:
        """Read from the kernels that paint, XNNPACK's, by a copy of the file in which they are outputs too."""
        from ai_edge_litert.interpreter import Interpreter

        shown = LiteRTRuntime.__new__(LiteRTRuntime)
        content, ends = _with_outputs(self.path)
        shown.__dict__.update(self.__dict__, shape=None, interpreter=Interpreter(model_content=content))
        shown.load(picture)
        shown.invoke()
        tensors = {tensor["index"]: tensor for tensor in shown.interpreter.get_tensor_details()}
        return [(tensors[end]["name"], _real(shown.interpreter.get_tensor(end)[0], tensors[end])) for end in ends]


def _with_outputs(path: Path) -> tuple[bytes, list[int]]:
    """The file with what its convolutions give as outputs beside its own, and the indices of those, in order."""
    model = unpack(path.read_bytes())
    (graph,) = model.subgraphs
    codes = [code.builtinCode for code in model.operatorCodes]
    ends = [int(step.outputs[0]) for step in graph.operators if codes[step.opcodeIndex] in CONVOLUTIONS]
    graph.outputs = list(dict.fromkeys([*map(int, graph.outputs), *ends]))
    model.signatureDefs = None  # they name the file's own output alone
    return pack(model), ends


def real_ops(path: Path, height: int, width: int) -> list[tuple[str, list[dict[str, Any]], dict[str, Any]]]:
    """(operator, details of its inputs, of its output) for a picture of that size, in order.

    Operators on constants alone, such as those that unpack float16 weights, are left out: they are done once, at the
    start. Details are those of Interpreter.get_tensor_details.
    """
    interpreter = own_kernels(path)
    (picture,) = interpreter.get_input_details()
    interpreter.resize_tensor_input(picture["index"], (1, height, width, 3))
    interpreter.allocate_tensors()
    tensors = {tensor["index"]: tensor for tensor in interpreter.get_tensor_details()}
    live, found = {picture["index"]}, []
    for step in interpreter._get_ops_details():
        inputs = [index for index in step["inputs"] if index in tensors]
        if live.intersection(inputs):
            live.update(step["outputs"])
            found.append((step["op_name"], [tensors[index] for index in inputs], tensors[step["outputs"][0]]))
    return found


def own_kernels(path: Path) -> Any:
    """The file in LiteRT's own kernels, every tensor kept."""
    from ai_edge_litert.interpreter import Interpreter, OpResolverType

    return Interpreter(
        model_path=str(path),
        experimental_op_resolver_type=OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES,
        experimental_preserve_all_tensors=True,
    )


def _real(values: np.ndarray, tensor: dict[str, Any]) -> np.ndarray:
    """`values` of `tensor` as float32, whatever its type."""
    scale, zero = tensor["quantization"]
    return (values.astype(np.float32) - zero) * scale if scale else values.astype(np.float32)
