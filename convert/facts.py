"""What every made file says of itself: whose it is, what it takes and gives, which checkpoint it comes from."""

import hashlib
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from compress.load import Compressed
from convert.reach import measure_reach
from convert.runtimes.torch_model import TorchRuntime

PACKAGES = ("torch", "coremltools", "tensorflow", "ai-edge-litert", "onnx", "onnxruntime")
Facts = dict[str, Any]


@dataclass(frozen=True)
class Maker:
    """Who made a look, and under which licence its files go out."""

    author: str = "not stated"
    licence: str = "not stated"


def gather_facts(source: Path, compressed: Compressed, maker: Maker) -> Facts:
    """The facts of the files made from the checkpoint `source`. `reach` in pixels, see convert/reach.py."""
    network, card = compressed.folded, compressed.card
    style = card.data.get("source", {}).get("style", {}).get("name")
    name = f"{source.stem} {style}" if style else source.stem
    return {
        "name": name,
        "description": f"{name}: a photo in, the painted picture out, both RGB and of the same size",
        "author": maker.author,
        "licence": maker.licence,
        "styles": [style] if style else [],
        "checkpoint": source.name,
        "sha256": hashlib.sha256(source.read_bytes()).hexdigest(),
        "model": card.model,
        "multiple": network.spec.multiple,
        "reach": measure_reach(TorchRuntime(network, network.spec.multiple)),
        "versions": {package: version(package) for package in ("pix2phone", *PACKAGES)},
    }
