"""What every made file says of itself: whose it is, what it takes and gives, which checkpoint it comes from."""

import hashlib
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from compress.load import Compressed
from convert.foreign.open import Foreign
from convert.reach import measure_reach
from convert.runtimes.torch_model import TorchRuntime

PACKAGES = ("torch", "coremltools", "tensorflow", "ai-edge-litert", "onnx", "onnxruntime", "onnx2tf")
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
    return _origin([source], f"{source.stem} {style}" if style else source.stem, maker) | {
        "styles": [style] if style else [],
        "model": card.model,
        "multiple": network.spec.multiple,
        "reach": measure_reach(TorchRuntime(network, network.spec.multiple)),
    }


def foreign_facts(network: Foreign, maker: Maker) -> Facts:
    """The facts of the files made from a network that was not trained here."""
    reach = {} if network.network.size else {"reach": measure_reach(network.reference)}
    return _origin(network.files, network.path.stem, maker) | {"model": network.path.stem} | network.facts | reach


def _origin(files: list[Path], name: str, maker: Maker) -> Facts:
    content = hashlib.sha256()
    for file in files:
        content.update(file.read_bytes())
    return {
        "name": name,
        "description": f"{name}: a photo in, the painted picture out, both RGB and of the same size",
        "author": maker.author,
        "licence": maker.licence,
        "checkpoint": files[0].name,
        "sha256": content.hexdigest(),
        "versions": {package: version(package) for package in ("pix2phone", *PACKAGES)},
    }
