"""A file that --system names: run as it is, in its own layout, type and size, and only timed."""

from abc import ABC, abstractmethod
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np

from convert.chatter import muted
from convert.metadata import read_tflite_metadata
from convert.runtimes.face import Runtime
from pix2phone.errors import UserError

SUFFIXES = (".onnx", ".tflite", ".pt")
NAMES = dict(zip(SUFFIXES, ("onnxruntime", "LiteRT", "TorchScript"), strict=True))
MULTIPLE = 32  # the sides that a network of free size gets are multiples of it
Shape = list[int | None]


class Engine(ABC):
    """One file in its runtime: `shape` and `kind` of its input, as far as it says them, and our own metadata."""

    facts: dict[str, Any] | None = None
    shape: Shape = [None] * 4
    kind = np.dtype(np.float32)

    @abstractmethod
    def feed(self, image: np.ndarray) -> None:
        """Put it into the input."""

    @abstractmethod
    def run(self) -> None:
        """The network alone."""

    @abstractmethod
    def result(self) -> np.ndarray:
        """Its first output."""


class OnnxEngine(Engine):
    """An .onnx file in onnxruntime."""

    def __init__(self, path: Path, threads: int) -> None:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.log_severity_level = 4
        self.session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        self.input, *others = self.session.get_inputs()
        if others:
            raise UserError(f"takes {1 + len(others)} inputs; it must take one picture")
        self.shape = [side if isinstance(side, int) else None for side in self.input.shape]
        names = {"tensor(float)": "float32", "tensor(float16)": "float16"}
        self.kind = np.dtype(names.get(self.input.type) or self.input.type.removeprefix("tensor(").rstrip(")"))

    def feed(self, image: np.ndarray) -> None:
        self.image = {self.input.name: image}

    def run(self) -> None:
        self.made = self.session.run(None, self.image)[0]

    def result(self) -> np.ndarray:
        return self.made


class LiteRTEngine(Engine):
    """A .tflite file in LiteRT."""

    def __init__(self, path: Path, threads: int) -> None:
        from ai_edge_litert.interpreter import Interpreter

        self.interpreter = Interpreter(model_path=str(path), num_threads=threads)
        self.input, *others = self.interpreter.get_input_details()
        if others:
            raise UserError(f"takes {1 + len(others)} inputs; it must take one picture")
        self.shape = [side if side > 0 else None for side in self.input["shape_signature"].tolist()]
        self.kind = np.dtype(self.input["dtype"])
        with suppress(UserError):  # files that were made here can be resized, whatever their shape says
            self.facts = read_tflite_metadata(path)

    def feed(self, image: np.ndarray) -> None:
        with muted():
            self.interpreter.resize_tensor_input(self.input["index"], image.shape)
            self.interpreter.allocate_tensors()
        self.interpreter.set_tensor(self.input["index"], image)

    def run(self) -> None:
        self.interpreter.invoke()

    def result(self) -> np.ndarray:
        return self.interpreter.get_tensor(self.interpreter.get_output_details()[0]["index"])


class TorchScriptEngine(Engine):
    """A TorchScript .pt file in torch, which says neither shape nor type; a pickled module is refused."""

    def __init__(self, path: Path, threads: int) -> None:
        import torch

        from convert.foreign.torchscript import load_torchscript

        torch.set_num_threads(threads)
        self.module = load_torchscript(path)

    def feed(self, image: np.ndarray) -> None:
        import torch

        self.image = torch.from_numpy(image)

    def run(self) -> None:
        import torch

        with torch.inference_mode():
            self.made = self.module(self.image)

    def result(self) -> np.ndarray:
        return self.made.numpy()


ENGINES: dict[str, Any] = dict(zip(SUFFIXES, (OnnxEngine, LiteRTEngine, TorchScriptEngine), strict=True))


class AddedFile(Runtime):
    """A picture network N x 3 x H x W or N x H x W x 3, whatever it gives; fed [0, 1], or bytes if it takes bytes.

    UserError for a file that its runtime cannot read, or whose input is no picture.
    """

    def __init__(self, path: Path, threads: int) -> None:
        self.name = NAMES[path.suffix]
        try:
            self.engine: Engine = ENGINES[path.suffix](path, threads)
        except Exception as error:  # each runtime has its own kinds for a broken file
            first = (str(error).strip() or type(error).__name__).splitlines()[0]
            raise UserError(f"{path}: unreadable model ({first}); export it again") from None
        shape = self.engine.shape
        self.channels_last = len(shape) == 4 and shape[3] == 3 and shape[1] != 3
        if len(shape) != 4 or (3 not in (shape[1], shape[3]) and None not in (shape[1], shape[3])):
            raise UserError(f"{path}: input shape {shape} is no picture's; export it with three channels")
        sides = shape[1:3] if self.channels_last else shape[2:]
        fixed = [side for side in sides if side]
        self.take(self.engine.facts or {"multiple": MULTIPLE, "sizes": [fixed] if len(fixed) == 2 else []})

    def padded(self, height: int, width: int) -> tuple[int, int]:
        """A file of one size is timed at no other, under whose name its time would be wrong."""
        if self.sizes and (height, width) not in self.sizes:
            raise UserError(f"it takes only {', '.join(f'{high}x{wide}' for high, wide in self.sizes)}")
        return super().padded(height, width)

    def load(self, picture: np.ndarray) -> None:
        image = picture[None] if self.channels_last else picture.transpose(2, 0, 1)[None]
        kind = self.engine.kind
        numbers = image if kind == np.uint8 else image // 2 if kind == np.int8 else image / 255
        self.engine.feed(np.ascontiguousarray(numbers, kind))

    def invoke(self) -> None:
        self.engine.run()

    def raw(self) -> np.ndarray:
        made = self.engine.result()[0]
        return made if self.channels_last or made.ndim != 3 else made.transpose(1, 2, 0)
