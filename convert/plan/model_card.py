"""The metadata of every converted file: author, licence, inputs, outputs, checkpoint."""

import hashlib
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from compress.load import Compressed
from convert.foreign.open import Foreign
from convert.gate.receptive_field import cuts
from convert.onnx.write import make_onnx
from convert.runtimes.torch_model import TorchRuntime
from pix2phone.errors import CheckFailed
from pix2phone.external.global_operators import global_operator

PACKAGES = ("torch", "coremltools", "tensorflow", "ai-edge-litert", "onnx", "onnxruntime", "onnx2tf")
Facts = dict[str, Any]


@dataclass(frozen=True)
class Maker:
    """Who made a look, and under which licence its files go out."""

    author: str = "not stated"
    licence: str = "not stated"


def gather_facts(source: Path, compressed: Compressed, maker: Maker) -> Facts:
    """The facts of the files made from `source`. `tiling`, `reach`: see convert/gate/receptive_field.py."""
    network, card = compressed.folded, compressed.card
    style = card.data.get("source", {}).get("style", {}).get("name")
    return _origin([source], f"{source.stem} {style}" if style else source.stem, maker) | {
        "styles": [style] if style else [],
        "model": card.model,
        "multiple": network.spec.multiple,
        **cuts(TorchRuntime(network, network.spec.multiple), _global_operator(compressed)),
    }


def foreign_facts(network: Foreign, maker: Maker) -> Facts:
    """The facts of the files made from a network that was not trained here."""
    return (
        _origin(network.files, network.path.stem, maker)
        | {"model": network.path.stem}
        | network.metadata
        | network.cuts
    )


def _global_operator(compressed: Compressed) -> str:
    """The first that looks at the whole picture; where ONNX cannot hold the graph, its family's own spec."""
    multiple = compressed.folded.spec.multiple
    try:
        return global_operator(make_onnx(compressed.graph), multiple)
    except CheckFailed:
        return compressed.card.model if compressed.folded.spec.tiling == "global" else ""


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
