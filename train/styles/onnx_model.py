"""Any stylising network in ONNX or TFLite form as the painter: layout and range stated by flags or read from the file."""

import hashlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image

from pix2phone.console import say
from pix2phone.errors import UserError
from train.styles import Style
from train.styles.choice import LAYOUTS, RANGES, StyleChoice

Run = Callable[[np.ndarray], np.ndarray]  # the network alone, in its own layout and type
MULTIPLE = 32  # free-size networks are padded to it: encoders with up to five halvings take such sides


def load_model_style(choice: StyleChoice) -> Style:
    """The network `choice.name` as a Style. UserError for a file that is unreadable or makes no picture of a picture."""
    path = Path(choice.name)
    if not path.is_file():
        raise UserError(f"--style: {path}: no such file; name an .onnx or .tflite model")
    try:
        run, shape, kind = (_open_onnx if path.suffix == ".onnx" else _open_tflite)(path)
    except Exception as error:  # each runtime has its own exceptions for a broken file
        raise UserError(f"--style: {path}: unreadable model ({str(error).splitlines()[0]}); export it again") from None
    layout = choice.layout or _layout(path, shape)
    sides = shape[2:] if layout == "nchw" else shape[1:3]
    size = (int(sides[0]), int(sides[1])) if all(isinstance(side, int) and side > 0 for side in sides) else None
    value_range = choice.range or _guess_range(path, run, layout, kind, size)
    identity = f"{hashlib.sha256(path.read_bytes()).hexdigest()} {layout} {value_range}"
    return Style(identity, lambda photo: _paint(path, run, layout, kind, RANGES[value_range], photo, size is None), size)


def _open_onnx(path: Path) -> tuple[Run, list[int | str | None], np.dtype]:
    import onnxruntime

    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    entry = session.get_inputs()[0]
    kind = np.dtype({"tensor(uint8)": "uint8", "tensor(float)": "float32", "tensor(float16)": "float16"}[entry.type])
    return lambda image: session.run(None, {entry.name: image})[0], list(entry.shape), kind


def _open_tflite(path: Path) -> tuple[Run, list[int | str | None], np.dtype]:
    import threading

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
    return run, [side if side > 0 else None for side in signature], np.dtype(entry["dtype"])


def _layout(path: Path, shape: list[int | str | None]) -> str:
    found = [layout for layout, axis in zip(LAYOUTS, (1, 3), strict=True) if len(shape) == 4 and shape[axis] == 3]
    if len(found) != 1:
        raise UserError(f"--style: {path}: input shape {shape} does not tell the layout; give --style-layout")
    return found[0]


def _guess_range(path: Path, run: Run, layout: str, kind: np.dtype, size: tuple[int, int] | None) -> str:
    """uint8 is 0..255. A float network shows its range in what it makes of a picture that holds black and white."""
    if kind == np.uint8:
        return "0..255"
    ramp = np.tile(np.linspace(0, 255, 64, dtype=np.uint8)[None, :, None], (64, 1, 3))
    if size:
        ramp = np.array(Image.fromarray(ramp).resize(size[::-1]))
    seen = run(_encode(ramp, layout, kind, RANGES["-1..1"]))
    guess = "0..255" if np.abs(seen).max() > 2 else "-1..1" if seen.min() < -0.1 else "0..1"
    say(f"style {path}: {layout}, {kind}, range {guess} (judged by its output; --style-range says otherwise)")
    return guess


def _encode(photo: np.ndarray, layout: str, kind: np.dtype, value_range: tuple[float, float]) -> np.ndarray:
    low, high = value_range
    image = photo[None] if kind == np.uint8 else (photo[None] / 255 * (high - low) + low).astype(kind)
    return np.ascontiguousarray(image.transpose(0, 3, 1, 2)) if layout == "nchw" else image


def _paint(
    path: Path, run: Run, layout: str, kind: np.dtype, value_range: tuple[float, float], photo: np.ndarray, free: bool
) -> np.ndarray:
    height, width = photo.shape[:2]
    pad = ((0, -height % MULTIPLE), (0, -width % MULTIPLE), (0, 0)) if free else ((0, 0),) * 3
    try:
        painted = run(_encode(np.pad(photo, pad, mode="symmetric"), layout, kind, value_range))[0]
    except Exception as error:  # each runtime has its own
        raise UserError(f"--style: {path}: cannot paint {width}x{height} ({str(error).splitlines()[0]})") from None
    painted = painted.transpose(1, 2, 0) if layout == "nchw" else painted
    if painted.ndim != 3 or painted.shape[2] != 3 or not np.isfinite(painted).all():
        raise UserError(f"--style: {path}: gives {painted.shape} or no numbers; it must give a picture")
    if painted.dtype != np.uint8:
        low, high = value_range
        painted = np.rint(np.clip((painted.astype(np.float32) - low) / (high - low), 0, 1) * 255).astype(np.uint8)
    if painted.shape[0] < height or painted.shape[1] < width:
        raise UserError(f"--style: {path}: makes {width}x{height} into {painted.shape[1]}x{painted.shape[0]}; sizes must agree")
    return painted[:height, :width]
