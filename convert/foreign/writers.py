"""Which files are made of a network that was not trained here, and how each is written."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import onnx

from convert import metadata
from convert.foreign.coreml import write_package
from convert.foreign.litert import NAMES, LiteRTFiles
from convert.foreign.open import Foreign


class Writer(NamedTuple):
    """One file to make: `write(path)`, which raises CheckFailed in one line."""

    file: str
    target: str
    precision: str
    write: Callable[[Path], None]


def writers(network: Foreign, facts: dict[str, Any], targets: list[str]) -> list[Writer]:
    """The files of `targets`; `facts` go into each one's metadata, beside what `network` knows of itself."""
    facts = facts | network.facts
    chosen = []
    if "coreml" in targets:
        chosen.append(Writer("Model.mlpackage", "coreml", "float16", partial(write_package, network, facts)))
    if "onnx" in targets:
        chosen.append(Writer("model.onnx", "onnx", "float32", partial(_write_onnx, network, facts)))
    if "tflite" in targets:
        files = LiteRTFiles(network)
        for precision in NAMES:
            write = partial(files.write, precision, facts)
            chosen.append(Writer(f"model-{precision}.tflite", "tflite", precision, write))
    return chosen


def _write_onnx(network: Foreign, facts: dict[str, Any], path: Path) -> None:
    onnx.helper.set_model_props(network.wrapped, _properties(network.wrapped) | {metadata.KEY: metadata.dumps(facts)})
    onnx.checker.check_model(network.wrapped)
    onnx.save(network.wrapped, path)


def _properties(model: onnx.ModelProto) -> dict[str, str]:
    return {entry.key: entry.value for entry in model.metadata_props}
