"""Which look is wanted, as plain data; reading it needs no heavy library."""

from dataclasses import dataclass

RANGES = {"0..1": (0.0, 1.0), "-1..1": (-1.0, 1.0), "0..255": (0.0, 255.0)}
LAYOUTS = ("nchw", "nhwc")


@dataclass(frozen=True)
class StyleChoice:
    """The built-in "painterly", or the path of an .onnx or .tflite model; `stroke` is painterly's width in pixels.

    `layout` (of LAYOUTS) and `range` (of RANGES) say what a model takes and gives; None reads or infers it.
    """

    name: str = "painterly"
    stroke: float | None = None
    layout: str | None = None
    range: str | None = None
