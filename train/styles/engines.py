"""Picture networks made elsewhere, each in its own runtime: what goes in, the network alone, what comes out."""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from threading import Lock
from typing import Any, NamedTuple

import numpy as np

Shape = list[int | str | None]


class Unusable(Exception):
    """A file that can be read and must not be used: what is wrong and the remedy, in one line."""


class Engine(NamedTuple):
    """A file that is open: its input's `shape`, no number where that is free, and numpy's name of its type.

    `feed` puts an image in, in the network's own layout and type, `run` is the network and no more, so that it can be
    timed, and `result` gives its first output: each takes what the one before it gave. A runtime that holds one image
    at a time has a `lock`.
    """

    shape: Shape
    kind: str
    feed: Callable[[np.ndarray], Any]
    run: Callable[[Any], Any]
    result: Callable[[Any], np.ndarray]
    lock: AbstractContextManager[Any] = nullcontext()

    def __call__(self, image: np.ndarray) -> np.ndarray:
        """All three."""
        with self.lock:
            return self.result(self.run(self.feed(image)))


def onnx_engine(model: Path | bytes, threads: int = 0) -> Engine:
    """An .onnx file, or what one holds, in onnxruntime; 0 `threads` are as many as it likes."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = 4  # what goes wrong is said by us
    source = model if isinstance(model, bytes) else str(model)
    session = onnxruntime.InferenceSession(source, options, providers=["CPUExecutionProvider"])
    entry = session.get_inputs()[0]
    kinds = {"tensor(float)": "float32", "tensor(float16)": "float16"}
    kinds |= {f"tensor({name})": name for name in ("uint8", "int8")}
    return Engine(
        list(entry.shape),
        kinds.get(entry.type, entry.type),
        feed=lambda image: {entry.name: image},
        run=lambda images: session.run(None, images),
        result=lambda made: made[0],
    )


def tflite_engine(path: Path, threads: int | None = None) -> Engine:
    """A .tflite file in LiteRT; without `threads`, as many as it likes."""
    from ai_edge_litert.interpreter import Interpreter

    interpreter = Interpreter(str(path), num_threads=threads)
    entry, *others = interpreter.get_input_details()
    if others:  # which it would run with, whatever they hold
        raise ValueError(f"takes {1 + len(others)} inputs, not one picture")

    def feed(image: np.ndarray) -> None:
        interpreter.resize_tensor_input(entry["index"], image.shape)
        interpreter.allocate_tensors()
        interpreter.set_tensor(entry["index"], image)

    return Engine(
        [side if side > 0 else None for side in entry["shape_signature"].tolist()],
        np.dtype(entry["dtype"]).name,
        feed,
        run=lambda _: interpreter.invoke(),
        result=lambda _: interpreter.get_tensor(interpreter.get_output_details()[0]["index"]),
        lock=Lock(),
    )
