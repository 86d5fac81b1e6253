"""Every made file behind one face: its own runtime, 8-bit pictures in and out, any size."""

import os
import platform
from abc import ABC, abstractmethod
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from convert import metadata
from convert.chatter import muted
from pix2phone.errors import UserError

if TYPE_CHECKING:
    from torch import nn

SUFFIXES = (".tflite", ".onnx", ".safetensors", ".mlpackage")


class NotRun(UserError):
    """This machine has no runtime for the file, for the `reason`: neither passed nor failed."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"{path}: not run ({reason})")
        self.reason = reason


class Runtime(ABC):
    """One made file in its own runtime. `load`, `invoke` and `raw` are separate so that `invoke` alone can be timed."""

    name: str
    multiple: int  # the sides that `load` takes are multiples of it; 1: any

    @abstractmethod
    def load(self, picture: np.ndarray) -> None:
        """Put uint8 H x W x 3, sides multiples of `multiple`, into the network's input."""

    @abstractmethod
    def invoke(self) -> None:
        """Run the network on what was loaded, and nothing else."""

    @abstractmethod
    def raw(self) -> np.ndarray:
        """The network's own output as H x W x 3: float32 in about [0, 1], or uint8."""

    def read(self) -> np.ndarray:
        """The painted picture, uint8 H x W x 3 with the sides that were loaded; NaN becomes black."""
        raw = self.raw()
        if raw.dtype == np.uint8:
            return raw
        return np.rint(np.nan_to_num(raw, nan=0.0).clip(0, 1) * 255).astype(np.uint8)

    def padded(self, height: int, width: int) -> tuple[int, int]:
        """The sides to which a picture of `height` x `width` has to be padded."""
        return height + -height % self.multiple, width + -width % self.multiple

    def __call__(self, picture: np.ndarray) -> np.ndarray:
        """Paint uint8 H x W x 3 of any size; the result has the same size."""
        height, width = picture.shape[:2]
        self.load(pad(picture, *self.padded(height, width)))
        self.invoke()
        return self.read()[:height, :width]


def pad(picture: np.ndarray, height: int, width: int) -> np.ndarray:
    """The rule of `train.models.contract.pad_to_multiple` in numpy, so that a LiteRT file needs no torch to run."""
    bottom, right = height - picture.shape[0], width - picture.shape[1]
    if not (bottom or right):
        return picture
    mode = "reflect" if bottom < picture.shape[0] and right < picture.shape[1] else "edge"
    return np.pad(picture, ((0, bottom), (0, right), (0, 0)), mode=mode)  # type: ignore[call-overload]


class LiteRTRuntime(Runtime):
    """A .tflite file, 1 x H x W x 3 float32 in [0, 1] or uint8, resized to each picture; XNNPACK on the CPU."""

    name = "LiteRT"

    def __init__(self, path: Path, threads: int) -> None:
        from ai_edge_litert.interpreter import Interpreter

        self.multiple = metadata.read_tflite_metadata(path)["multiple"]
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


class OnnxRuntime(Runtime):
    """An .onnx file, N x 3 x H x W float32 in [0, 1]; it pads inside."""

    name = "onnxruntime"
    multiple = 1

    def __init__(self, path: Path, threads: int) -> None:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.log_severity_level = 3
        self.session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        self.input = self.session.get_inputs()[0].name

    def load(self, picture: np.ndarray) -> None:
        self.feed = {self.input: np.ascontiguousarray(picture.transpose(2, 0, 1)[None], np.float32) / 255}

    def invoke(self) -> None:
        self.result = self.session.run(None, self.feed)[0]

    def raw(self) -> np.ndarray:
        return self.result[0].transpose(1, 2, 0)


class TorchRuntime(Runtime):
    """A torch module from and to N x 3 x H x W in [0, 1], as it is (no autocast), on the CPU."""

    name = "torch"

    def __init__(self, model: "nn.Module", multiple: int) -> None:
        self.model = model.eval()
        self.multiple = multiple

    def load(self, picture: np.ndarray) -> None:
        import torch

        self.image = torch.from_numpy(picture.astype(np.float32) / 255).permute(2, 0, 1)[None].contiguous()

    def invoke(self) -> None:
        import torch

        with torch.inference_mode():
            self.result = self.model(self.image)

    def raw(self) -> np.ndarray:
        return self.result[0].permute(1, 2, 0).numpy()


class CoreMLRuntime(Runtime):
    """An .mlpackage in Core ML itself, which only macOS has; a picture is padded to the next size that it lists."""

    name = "Core ML"

    def __init__(self, path: Path) -> None:
        import coremltools

        self.model = coremltools.models.MLModel(str(path))
        facts = metadata.loads(path, self.model.user_defined_metadata.get(metadata.KEY))
        self.multiple = facts["multiple"]
        self.sizes = sorted((tuple(size) for size in facts["sizes"]), key=np.prod)

    def padded(self, height: int, width: int) -> tuple[int, int]:
        for size in self.sizes:
            if size[0] >= height and size[1] >= width:
                return size
        largest = "x".join(map(str, self.sizes[-1]))
        raise UserError(f"picture of {height}x{width}: larger than {largest}, the file's largest size; shrink it")

    def load(self, picture: np.ndarray) -> None:
        from PIL import Image

        self.image = Image.fromarray(picture)

    def invoke(self) -> None:
        self.result = self.model.predict({"image": self.image})["painted"]

    def raw(self) -> np.ndarray:
        return np.array(self.result.convert("RGB"))


def _open_torch(path: Path, threads: int) -> Runtime:
    import torch

    from compress.load import load

    torch.set_num_threads(threads)
    model = load(path).deployed()
    return TorchRuntime(model, model.spec.multiple)


def open_runtime(path: Path, threads: int = os.cpu_count() or 1) -> Runtime:
    """The runtime that belongs to the suffix of `path`.

    A checkpoint runs in eager torch: folded float weights, or fake-quantised when its history has an int8 step.
    Raises UserError for a missing, unknown or broken file, NotRun where this machine lacks the runtime.
    """
    if path.suffix not in SUFFIXES:
        raise UserError(f"{path}: no made file; name one that ends in {', '.join(SUFFIXES)}")
    if not path.exists():
        raise UserError(f"{path}: no such file; make it with python -m convert")
    if path.suffix == ".safetensors":
        return _open_torch(path, threads)
    if path.suffix == ".mlpackage":
        if platform.system() != "Darwin":
            raise NotRun(path, "Core ML predicts only on macOS")
        return CoreMLRuntime(path)
    try:
        return LiteRTRuntime(path, threads) if path.suffix == ".tflite" else OnnxRuntime(path, threads)
    except UserError:
        raise
    except Exception as error:  # each runtime has its own kinds for a broken file
        first = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise UserError(f"{path}: its runtime refuses it ({first}); make it again with python -m convert") from None
