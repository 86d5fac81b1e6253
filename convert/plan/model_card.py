"""Metadata of every artefact: author, licence, inputs, outputs and origin checkpoint."""

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
Metadata = dict[str, Any]


@dataclass(frozen=True)
class Author:
    """Author of a look, and the licence of its files."""

    name: str = "not stated"
    licence: str = "not stated"


def gather_metadata(source: Path, compressed: Compressed, author: Author) -> Metadata:
    """The metadata of the files made from `source`. `tiling`, `reach`: see convert/gate/receptive_field.py."""
    network, card = compressed.folded, compressed.card
    style = card.data.get("source", {}).get("style", {}).get("name")
    return _origin([source], f"{source.stem} {style}" if style else source.stem, author) | {
        "styles": [style] if style else [],
        "model": card.model,
        "multiple": network.spec.multiple,
        **cuts(TorchRuntime(network, network.spec.multiple), _global_operator(compressed)),
    }


def foreign_metadata(network: Foreign, author: Author) -> Metadata:
    """The metadata of the files made from a network that was not trained here."""
    return (
        _origin(network.files, network.path.stem, author)
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


def _origin(files: list[Path], name: str, author: Author) -> Metadata:
    content = hashlib.sha256()
    for file in files:
        content.update(file.read_bytes())
    return {
        "name": name,
        "description": f"{name}: a photo in, the painted picture out, both RGB and of the same size",
        "author": author.name,
        "licence": author.licence,
        "checkpoint": files[0].name,
        "sha256": content.hexdigest(),
        "versions": {package: version(package) for package in ("pix2phone", *PACKAGES)},
    }
