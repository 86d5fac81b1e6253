"""LiteRT files in the interpreter, on the CPU."""

from pathlib import Path
from typing import Any

import numpy as np

from pix2phone.console import muted
from pix2phone.runtimes.flatbuffer import unpack
from pix2phone.runtimes.session import Session, TensorInfo

Details = dict[str, Any]  # of a tensor, as the interpreter gives them


class LiteRTSession(Session):
    """A .tflite file, or the bytes of one, with XNNPACK; without `threads` LiteRT chooses their number.

    Inputs are resized to the fed arrays. A quantised input takes real numbers or stored ones, a quantised output gives
    real ones; both are "float32" in `inputs` and `outputs`. With `own_kernels` LiteRT's own operators run instead of
    XNNPACK's, and keep every tensor. Raises whatever the flatbuffer's reader finds wrong in a damaged file.
    """

    def __init__(self, source: Path | bytes, threads: int | None = None, own_kernels: bool = False) -> None:
        from ai_edge_litert.interpreter import Interpreter, OpResolverType  # here: a process loads only its runtime

        content = source if isinstance(source, bytes) else source.read_bytes()
        unpack(content)  # raises for a damaged file, at which the interpreter would crash
        named = {"model_content": content} if isinstance(source, bytes) else {"model_path": str(source)}
        plain = OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES if own_kernels else OpResolverType.AUTO
        self.interpreter = Interpreter(
            **named,
            num_threads=threads,
            experimental_op_resolver_type=plain,
            experimental_preserve_all_tensors=own_kernels,
        )
        self.taken, self.given = self.interpreter.get_input_details(), self.interpreter.get_output_details()
        self.inputs, self.outputs = ([_info(detail) for detail in details] for details in (self.taken, self.given))
        self.wanted = [output.name for output in self.outputs]
        self._taken = {detail["name"]: detail for detail in self.taken}
        self._given = {detail["name"]: detail for detail in self.given}
        self._shapes: dict[str, tuple[int, ...]] = {}

    def resize(self, shapes: dict[str, tuple[int, ...]]) -> None:
        """Make room for inputs of `shapes`, by name, unless there is."""
        if shapes == self._shapes:
            return
        self._shapes = {}  # until it has worked
        for name, shape in shapes.items():
            self.interpreter.resize_tensor_input(self._taken[name]["index"], shape)
        with muted():  # XNNPACK announces itself
            self.interpreter.allocate_tensors()
        self._shapes = shapes

    def feed(self, values: dict[str, np.ndarray]) -> None:
        self.resize({name: value.shape for name, value in values.items()})
        for name, value in values.items():
            self.interpreter.set_tensor(self._taken[name]["index"], _stored(value, self._taken[name]))

    def run(self) -> None:
        self.interpreter.invoke()

    def read(self, name: str) -> np.ndarray:
        return real(self.read_stored(name), self._given[name])

    def read_stored(self, name: str) -> np.ndarray:
        """The value of the output `name` as the file stores it: of a quantised one, its integers."""
        return self.interpreter.get_tensor(self._given[name]["index"])

    def tensors(self) -> dict[int, Details]:
        """The details of every tensor, by index."""
        return {detail["index"]: detail for detail in self.interpreter.get_tensor_details()}

    def operators(self) -> list[Details]:
        """ "op_name", "inputs" and "outputs" (indices of tensors) of every operator, in order."""
        return self.interpreter._get_ops_details()

    def span(self, name: str) -> tuple[float, float] | None:
        scale, zero = self._taken[name]["quantization"]
        if not scale:
            return None
        limits = np.iinfo(self._taken[name]["dtype"])
        return (limits.min - zero) * scale, (limits.max - zero) * scale


def real(values: np.ndarray, detail: Details) -> np.ndarray:
    """The real numbers, float32, that the stored `values` of a quantised tensor mean; of any other, `values`."""
    scale, zero = detail["quantization"]
    return (values.astype(np.float32) - zero) * np.float32(scale) if scale else values


def _info(detail: Details) -> TensorInfo:
    shape = [side if side > 0 else None for side in detail["shape_signature"].tolist()]
    return TensorInfo(detail["name"], shape, "float32" if detail["quantization"][0] else np.dtype(detail["dtype"]).name)


def _stored(values: np.ndarray, detail: Details) -> np.ndarray:
    scale, zero = detail["quantization"]
    if not scale or values.dtype == detail["dtype"]:
        return values
    limits = np.iinfo(detail["dtype"])
    return np.rint(values / scale + zero).clip(limits.min, limits.max).astype(detail["dtype"])
