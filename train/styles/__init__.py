"""Looks: programs and models that paint, each a function from picture to picture."""

from __future__ import annotations

import hashlib
import inspect
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pix2phone.errors import UserError
from pix2phone.external.formats import how_to_export
from train.styles.choice import StyleChoice

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True)
class Style:
    """`paint` takes and gives uint8 H x W x 3 of one size; `identity` changes whenever its pictures would.

    `size` is (height, width) where the look works at one size only: photos are cropped and scaled to it first.
    """

    identity: str
    paint: Callable[[np.ndarray], np.ndarray]
    size: tuple[int, int] | None = None

    def prepare(self, photo: np.ndarray) -> np.ndarray:
        """The photo at a size this look can paint."""
        if self.size is None:
            return photo
        import numpy as np
        from PIL import Image, ImageOps

        return np.array(ImageOps.fit(Image.fromarray(photo), self.size[::-1], Image.Resampling.LANCZOS))


def load_style(choice: StyleChoice) -> Style:
    """The look that `choice` names. UserError for an unknown name or an unreadable model."""
    if choice.name == "painterly":
        return _painterly(choice.stroke)
    if Path(choice.name).suffix.lower() in (".onnx", ".tflite"):
        if choice.stroke is not None:
            raise UserError(f"--stroke: {choice.stroke}: only painterly has a stroke; leave it out with {choice.name}")
        from train.styles.onnx_model import load_model_style

        return load_model_style(choice)
    if remedy := how_to_export(Path(choice.name)):
        raise UserError(f"--style: {choice.name}: holds no network that can be run here; {remedy}")
    raise UserError(f"--style: {choice.name!r}: unknown; use painterly or the path of an .onnx or .tflite model")


def _painterly(stroke: float | None) -> Style:
    from train.styles import painterly

    width = painterly.STROKE if stroke is None else stroke
    if not 1 <= width <= 64:
        raise UserError(f"--stroke: {width}: a stroke is 1 to 64 pixels wide")
    code = hashlib.sha256(inspect.getsource(painterly).encode()).hexdigest()
    return Style(f"painterly {width} {code}", lambda photo: painterly.paint(photo, width))
