"""TensorFlow Lite's standard metadata, shown by Netron and Android Studio: a flatbuffer, built field by field.

(tensorflow_lite_support/metadata/metadata_schema.fbs; its package has had no release since 2023.)
"""

from typing import Any

import flatbuffers

NAME, IDENTIFIER = "TFLITE_METADATA", b"M001"
PARSER = "1.0.0"  # the oldest version that reads these fields


def standard_metadata(metadata: dict[str, Any]) -> bytes:
    """ModelMetadata of `metadata`: name, description, version, author, licence, inputs and outputs."""
    builder = flatbuffers.Builder(1024)
    ends = []
    for name, direction in (("image", "input"), ("painted", "output")):
        described = _table(builder, [name, metadata.get(direction, "")], 7)
        ends.append(_vector(builder, described))
    subgraph = _vector(builder, _table(builder, [None, None, *ends], 5))
    version = metadata.get("versions", {}).get("pix2phone")
    said = [
        metadata.get("name"),
        metadata.get("description"),
        version,
        subgraph,
        metadata.get("author"),
        metadata.get("licence"),
    ]
    builder.Finish(_table(builder, [*said, None, PARSER], 8), IDENTIFIER)
    return bytes(builder.Output())


def _table(builder: flatbuffers.Builder, fields: list[str | int | None], slots: int) -> int:
    """A table of texts and parts already written, in the schema's order of fields; returns its offset."""
    places = [builder.CreateString(field) if isinstance(field, str) else field for field in fields]
    builder.StartObject(slots)
    for slot, place in enumerate(places):
        if place is not None:
            builder.PrependUOffsetTRelativeSlot(slot, place, 0)
    return builder.EndObject()


def _vector(builder: flatbuffers.Builder, part: int) -> int:
    builder.StartVector(4, 1, 4)
    builder.PrependUOffsetTRelative(part)
    return builder.EndVector()
