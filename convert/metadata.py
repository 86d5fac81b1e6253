"""The metadata of a converted file, under one key of its format's own metadata: sorted JSON."""

import json
from pathlib import Path
from typing import Any

from ai_edge_litert import schema_py_generated as schema

from convert.litert import tflite_metadata
from pix2phone.errors import UserError
from pix2phone.runtimes.flatbuffer import pack, unpack

KEY = "pix2phone"


def dumps(metadata: dict[str, Any]) -> str:
    """The text stored in every format: the same metadata give the same bytes."""
    return json.dumps(metadata, sort_keys=True)


def loads(path: Path, text: str | bytes | None) -> dict[str, Any]:
    """The metadata in `text`; UserError when the file at `path` has none."""
    if text is None:
        raise UserError(f"{path}: it does not say which sizes it takes; make it with python -m convert")
    return json.loads(text)


def write_tflite_metadata(path: Path, metadata: dict[str, Any]) -> None:
    """Add `metadata` to the TFLite file at `path`, in place: under our key, and as the format's standard metadata."""
    model = unpack(path.read_bytes())
    contents = {KEY: dumps(metadata).encode(), tflite_metadata.NAME: tflite_metadata.standard_metadata(metadata)}
    model.metadata = model.metadata or []
    for name, content in contents.items():
        entry, buffer = schema.MetadataT(), schema.BufferT()
        entry.name, entry.buffer = name, len(model.buffers)
        buffer.data = list(content)
        model.buffers.append(buffer)
        model.metadata.append(entry)
    model.description = metadata.get("description", "")
    path.write_bytes(pack(model))


def read_tflite_metadata(path: Path) -> dict[str, Any]:
    """The metadata that `write_tflite_metadata` added."""
    model = schema.Model.GetRootAs(path.read_bytes())
    for index in range(model.MetadataLength()):
        entry = model.Metadata(index)
        if entry.Name() == KEY.encode():
            return loads(path, model.Buffers(entry.Buffer()).DataAsNumpy().tobytes())
    return loads(path, None)
