"""Picture networks made elsewhere, each in its own runtime: what goes in, the network alone, what comes out."""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from threading import Lock
from typing import Any, NamedTuple

import numpy as np

from train.styles.convention import Convention
from train.styles.inputs import End, Shape, choose_output, share

NOTHING_SAID = Convention()


class Engine(NamedTuple):
    """A file that is open: the `shape` of the picture's input, no number where that is free, and numpy's name of its
    type.

    `feed` puts an image in, in the network's own layout and type, `run` is the network and no more, so that it can be
    timed, and `result` gives the output that is the picture: each takes what the one before it gave. A runtime that
    holds one image at a time has a `lock`. A quantised file is fed real numbers and gives such; the input can hold
    those from `span[0]` to `span[1]`.
    """

    shape: Shape
    kind: str
    feed: Callable[[np.ndarray], Any]
    run: Callable[[Any], Any]
    result: Callable[[Any], np.ndarray]
    lock: AbstractContextManager[Any] = nullcontext()
    span: tuple[float, float] | None = None

    def __call__(self, image: np.ndarray) -> np.ndarray:
        """All three."""
        with self.lock:
            return self.result(self.run(self.feed(image)))


def onnx_engine(model: Path | bytes, threads: int = 0, said: Convention = NOTHING_SAID) -> Engine:
    """An .onnx file, or what one holds, in onnxruntime; 0 `threads` are as many as it likes.

    UserError for ends that `said` leaves open.
    """
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = 4  # what goes wrong is said by us
    source = model if isinstance(model, bytes) else str(model)
    session = onnxruntime.InferenceSession(source, options, providers=["CPUExecutionProvider"])
    entry, given = share([_end(end) for end in session.get_inputs()], said)
    results = [_end(end) for end in session.get_outputs()]
    wanted = [results[choose_output(results, said)].name]
    return Engine(
        entry.shape,
        entry.kind,
        feed=lambda image: {**given, entry.name: image},
        run=lambda images: session.run(wanted, images),
        result=lambda made: made[0],
    )


def _end(node: Any) -> End:
    """What onnxruntime says of an input or output, such as tensor(float)."""
    kind = node.type.removeprefix("tensor(").removesuffix(")")
    return End(node.name, list(node.shape), {"float": "float32", "double": "float64"}.get(kind, kind))


def tflite_engine(path: Path, threads: int | None = None, said: Convention = NOTHING_SAID) -> Engine:
    """A .tflite file in LiteRT; without `threads`, as many as it likes. UserError for ends that `said` leaves open."""
    from ai_edge_litert import schema_py_generated as schema
    from ai_edge_litert.interpreter import Interpreter

    schema.ModelT.InitFromPackedBuf(path.read_bytes())  # of a damaged file this says so; the interpreter crashes
    interpreter = Interpreter(str(path), num_threads=threads)
    entries = interpreter.get_input_details()
    end, given = share([_tensor(detail) for detail in entries], said)
    details = {detail["name"]: detail for detail in entries}
    results = interpreter.get_output_details()
    entry, result = details[end.name], results[choose_output([_tensor(detail) for detail in results], said)]

    def feed(image: np.ndarray) -> None:
        interpreter.resize_tensor_input(entry["index"], image.shape)
        interpreter.allocate_tensors()
        for name, values in given.items():
            interpreter.set_tensor(details[name]["index"], _quantised(values, details[name]))
        interpreter.set_tensor(entry["index"], _quantised(image, entry))

    return Engine(
        end.shape,
        end.kind,
        feed,
        run=lambda _: interpreter.invoke(),
        result=lambda _: _real(interpreter.get_tensor(result["index"]), result),
        lock=Lock(),
        span=_span(entry),
    )


def _tensor(detail: dict[str, Any]) -> End:
    """What LiteRT says of an input or output; one that is quantised stands for real numbers."""
    shape = [side if side > 0 else None for side in detail["shape_signature"].tolist()]
    return End(detail["name"], shape, "float32" if detail["quantization"][0] else np.dtype(detail["dtype"]).name)


def _quantised(values: np.ndarray, detail: dict[str, Any]) -> np.ndarray:
    scale, zero = detail["quantization"]
    if not scale:
        return values
    limits = np.iinfo(detail["dtype"])
    return np.rint(values / scale + zero).clip(limits.min, limits.max).astype(detail["dtype"])


def _real(values: np.ndarray, detail: dict[str, Any]) -> np.ndarray:
    scale, zero = detail["quantization"]
    return (values.astype(np.float32) - zero) * np.float32(scale) if scale else values


def _span(detail: dict[str, Any]) -> tuple[float, float] | None:
    """The real numbers between which a quantised input holds all that it can."""
    scale, zero = detail["quantization"]
    if not scale:
        return None
    limits = np.iinfo(detail["dtype"])
    return (limits.min - zero) * scale, (limits.max - zero) * scale
