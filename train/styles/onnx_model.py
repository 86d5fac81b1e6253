"""Any stylising network in ONNX or TFLite form as the painter; layout and range by flags or from the file."""

import hashlib
import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from pix2phone.console import say
from pix2phone.errors import UserError
from train.styles import Style
from train.styles.choice import LAYOUTS, RANGES, StyleChoice

Run = Callable[[np.ndarray], np.ndarray]  # the network alone, in its own layout and type
Shape = list[int | str | None]
MULTIPLE = 32  # free-size networks are padded to it: encoders with up to five halvings take such sides
TRIAL = 64  # pixels a side of the picture that shows what a network of free size does


@cache
def load_model_style(choice: StyleChoice) -> Style:
    """The network `choice.name` as a Style. UserError for a file that is unreadable or makes no pictures."""
    path = Path(choice.name)
    if not path.is_file():
        raise UserError(f"--style: {path}: no such file; name an .onnx or .tflite model")
    try:
        run, shape, kind = (_open_onnx if path.suffix == ".onnx" else _open_tflite)(path)
    except UserError:
        raise
    except Exception as error:  # each runtime has its own exceptions for a broken file
        raise UserError(f"--style: {path}: unreadable model ({_reason(error)}); export it again") from None
    layout = choice.layout or _layout(path, shape)
    size = _fixed_size(path, shape, layout)
    network = Network(path, run, layout, kind, size)
    value_range = choice.range or network.guess_range()
    identity = f"{hashlib.sha256(path.read_bytes()).hexdigest()} {layout} {value_range}"
    network.paint(network.trial(), RANGES[value_range])  # what it cannot do at all is said once, before any photo
    return Style(identity, lambda photo: network.paint(photo, RANGES[value_range]), size)


@dataclass(frozen=True)
class Network:
    """An opened model: `layout` of LAYOUTS, `kind` the input's type, `size` (height, width) where it is fixed."""

    path: Path
    run: Run
    layout: str
    kind: np.dtype
    size: tuple[int, int] | None

    def trial(self) -> np.ndarray:
        """A grey ramp from black to white in a size the network takes, uint8 H x W x 3."""
        height, width = self.size or (TRIAL, TRIAL)
        ramp = np.linspace(0, 255, width).astype(np.uint8)
        return np.tile(ramp[None, :, None], (height, 1, 3))

    def guess_range(self) -> str:
        """uint8 is 0..255. A float network shows its range in what it makes of a picture that holds black and white."""
        if self.kind == np.uint8:
            return "0..255"
        seen = self._call(self.trial(), RANGES["-1..1"])
        guess = "0..255" if np.abs(seen).max() > 2 else "-1..1" if seen.min() < -0.1 else "0..1"
        facts = f"{self.layout}, {self.kind}, range {guess}"
        say(f"style {self.path}: {facts} (judged by its output; --style-range overrules)")
        return guess

    def paint(self, photo: np.ndarray, value_range: tuple[float, float]) -> np.ndarray:
        """uint8 H x W x 3 to the same. UserError when the network makes no picture of that size of it."""
        height, width = photo.shape[:2]
        pad = ((0, 0),) * 3 if self.size else ((0, -height % MULTIPLE), (0, -width % MULTIPLE), (0, 0))
        painted = self._call(np.pad(photo, pad, mode="symmetric"), value_range)
        if painted.shape[0] < height or painted.shape[1] < width:
            made = f"{painted.shape[1]}x{painted.shape[0]}"
            raise self._error(f"makes {made} of {width}x{height}; its output must have its input's size")
        if painted.dtype != np.uint8:
            low, high = value_range
            painted = np.rint(np.clip((painted.astype(np.float32) - low) / (high - low), 0, 1) * 255).astype(np.uint8)
        return painted[:height, :width]

    def _call(self, photo: np.ndarray, value_range: tuple[float, float]) -> np.ndarray:
        """The network's own values, H x W x 3, for a uint8 photo of a size it takes."""
        low, high = value_range
        image = photo[None] if self.kind == np.uint8 else (photo[None] / 255 * (high - low) + low).astype(self.kind)
        size = f"{photo.shape[1]}x{photo.shape[0]}"
        try:
            made = self.run(np.ascontiguousarray(image.transpose(0, 3, 1, 2)) if self.layout == "nchw" else image)
        except Exception as error:  # each runtime has its own
            what = f"cannot paint {size} as {self.layout} ({_reason(error)})"
            raise self._error(f"{what}; see --style-layout, or export it with a free size") from None
        painted = made[0].transpose(1, 2, 0) if self.layout == "nchw" and made.ndim == 4 else made[0]
        if painted.ndim != 3 or painted.shape[2] != 3 or painted.dtype.kind not in "fu":
            what = f"{made.dtype} numbers of shape {made.shape} of a {size} {self.layout} picture"
            raise self._error(f"makes {what}; it must make a picture")
        if not np.isfinite(painted).all():
            raise self._error("makes infinities or no numbers; see --style-range, or export it again")
        return painted

    def _error(self, what: str) -> UserError:
        return UserError(f"--style: {self.path}: {what}")


def _open_onnx(path: Path) -> tuple[Run, Shape, np.dtype]:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4  # what goes wrong is said by us
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    entry = session.get_inputs()[0]
    kinds = {"tensor(uint8)": "uint8", "tensor(float)": "float32", "tensor(float16)": "float16"}
    kind = _kind(path, kinds.get(entry.type, entry.type))
    return lambda image: session.run(None, {entry.name: image})[0], list(entry.shape), kind


def _open_tflite(path: Path) -> tuple[Run, Shape, np.dtype]:
    from ai_edge_litert.interpreter import Interpreter

    interpreter = Interpreter(str(path))
    entry, exit_ = interpreter.get_input_details()[0], interpreter.get_output_details()[0]
    lock = threading.Lock()  # an interpreter holds one picture at a time

    def run(image: np.ndarray) -> np.ndarray:
        with lock:
            interpreter.resize_tensor_input(entry["index"], image.shape)
            interpreter.allocate_tensors()
            interpreter.set_tensor(entry["index"], image)
            interpreter.invoke()
            return interpreter.get_tensor(exit_["index"])

    signature = [int(side) for side in entry["shape_signature"]]
    return run, [side if side > 0 else None for side in signature], _kind(path, np.dtype(entry["dtype"]).name)


def _kind(path: Path, name: str) -> np.dtype:
    if name not in ("uint8", "float32", "float16"):
        raise UserError(f"--style: {path}: takes {name}; export it with float or uint8 pictures in and out")
    return np.dtype(name)


def _layout(path: Path, shape: Shape) -> str:
    found = [layout for layout, axis in zip(LAYOUTS, (1, 3), strict=True) if len(shape) == 4 and shape[axis] == 3]
    if len(found) != 1:
        raise UserError(f"--style: {path}: input shape {shape} does not tell the layout; give --style-layout")
    return found[0]


def _fixed_size(path: Path, shape: Shape, layout: str) -> tuple[int, int] | None:
    """(height, width) where both are fixed."""
    if len(shape) != 4:
        raise UserError(f"--style: {path}: input shape {shape} is no picture's; it must have four dimensions")
    fixed = [side for side in (shape[2:] if layout == "nchw" else shape[1:3]) if isinstance(side, int) and side > 0]
    return (fixed[0], fixed[1]) if len(fixed) == 2 else None


def _reason(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]
