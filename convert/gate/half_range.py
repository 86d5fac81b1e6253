"""Overflow of intermediate values in half floats, the arithmetic of GPUs and the Neural Engine.

On a CPU LiteRT computes a float16 file in float32, so the gate cannot detect it.
"""

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageOps

from convert.metadata import read_tflite_metadata
from convert.runtimes.coreml_package import EvaluatedRuntime
from convert.sizes import Size
from pix2phone.errors import UserError
from pix2phone.pictures import read_picture
from pix2phone.runtimes.litert_session import LiteRTSession
from train.data.photos import builtin

LARGEST = float(np.finfo(np.float16).max)  # 65504
EXAMINED_SIDE = 128  # pixels, about, of the examined photos
PHOTOS = 3
Inside = Iterator[tuple[str, np.ndarray]]  # an operator's name, and its output


def half_overflow(path: Path) -> str:
    """The operator of the .tflite or .mlpackage file at `path` with the largest overflow of half floats, and its value.

    "" without overflow on a few held-out photos, or if this machine cannot run the file on a picture.
    """
    most, operator = 0.0, ""
    for name, values in READERS[path.suffix.lower()](path):
        if values.dtype.kind == "f" and values.size:
            largest = float(np.nan_to_num(np.abs(values), nan=np.inf).max())
            most, operator = (largest, name) if largest > most else (most, operator)
    return f"{operator} gives {most:.2g}" if most > LARGEST else ""


def _litert(path: Path) -> Inside:
    session = LiteRTSession(path, own_kernels=True)
    (picture,) = session.taken
    if len(picture["shape"]) != 4 or picture["shape"][3] != 3:
        return
    size = _size_in(path) or tuple(picture["shape"][1:3])
    session.resize({picture["name"]: (1, *size, 3)})
    steps = session.operators()
    for photo in _photos(size):
        numbers = photo if picture["dtype"] is np.uint8 else photo.astype(np.float32) / 255
        session.feed({picture["name"]: numbers[None].astype(picture["dtype"])})
        session.run()
        for step in steps:
            for output in step["outputs"]:
                yield step["op_name"], session.interpreter.get_tensor(output)


def _size_in(path: Path) -> Size | None:
    """The size closest to `EXAMINED_SIDE`, if the file states its sizes."""
    try:
        metadata = read_tflite_metadata(path)
    except UserError:
        return None
    return _nearest(metadata["multiple"], metadata.get("sizes", ()))


def _nearest(multiple: int, sizes: Iterable[Size]) -> Size:
    side = EXAMINED_SIDE + -EXAMINED_SIDE % multiple
    return min(((height, width) for height, width in sizes), key=lambda size: size[0] * size[1], default=(side, side))


def _coreml(path: Path) -> Inside:
    try:
        runtime = EvaluatedRuntime(path, 1)
        for photo in _photos(_nearest(runtime.multiple, runtime.sizes)):
            runtime.load(photo)
            seen: list[tuple[str, np.ndarray]] = []
            runtime.program(runtime.image, partial(_keep, seen))
            yield from seen
    except UserError:  # no runtime here, or no statement of its pictures
        return


def _keep(seen: list[tuple[str, np.ndarray]], operation: Any, value: Any) -> None:
    """Record the largest value of a tensor; tensors need not all be kept."""
    most = np.asarray(value.abs().max().numpy() if value.is_floating_point() and value.numel() else 0)
    seen.append((operation.op_type, most))


def _photos(size: Size) -> Iterator[np.ndarray]:
    for path in builtin("held-out")[:PHOTOS]:
        yield np.array(ImageOps.fit(Image.fromarray(read_picture(path)), size[::-1], Image.Resampling.LANCZOS))


READERS: dict[str, Callable[[Path], Inside]] = {".tflite": _litert, ".mlpackage": _coreml}
