"""Which look is wanted, as plain data; reading it needs no heavy library."""

from dataclasses import dataclass
from typing import Any

from pix2phone.external.convention import Convention

PREFIX = "--style-"
NOTHING_SAID = Convention(prefix=PREFIX)


@dataclass(frozen=True)
class StyleChoice:
    """The built-in "painterly", or the path of an .onnx or .tflite model; `stroke` is painterly's width in pixels.

    `network` is the convention given by flags for a model's pictures.
    """

    name: str = "painterly"
    stroke: float | None = None
    network: Convention = NOTHING_SAID

    @classmethod
    def of(cls, data: dict[str, Any]) -> "StyleChoice":
        """The choice in JSON that was made of one; older checkpoints have a layout and one range for both ends."""
        data = dict(data)
        old = (("layout", "layout"), ("input_range", "range"), ("output_range", "range"))
        older = {name: data[key] for name, key in old if data.get(key)}
        network = Convention(**{"prefix": PREFIX} | older | data.get("network", {}))
        return cls(**{name: data[name] for name in ("name", "stroke") if name in data}, network=network)
