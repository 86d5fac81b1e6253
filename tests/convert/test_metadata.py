"""Metadata of converted files, read back with other libraries."""

from pathlib import Path

import flatbuffers
import onnx
from ai_edge_litert import schema_py_generated as schema
from coreml_files import spec_of
from flatbuffers.table import Table

from convert.litert.tflite_metadata import standard_metadata
from convert.metadata import KEY, loads, read_tflite_metadata

FACTS = {
    "name": "small arcane",
    "description": "a photo in",
    "author": "A. Painter",
    "licence": "CC0-1.0",
    "versions": {"pix2phone": "0.1.0"},
    "input": "RGB bytes",
    "output": "RGB bytes too",
}


def root(content: bytes) -> Table:
    return Table(bytearray(content), flatbuffers.encode.Get(flatbuffers.packer.uoffset, content, 0))


def text(table: Table, slot: int) -> str:
    return table.String(table.Offset(4 + 2 * slot) + table.Pos).decode()


def first(table: Table, slot: int) -> Table:
    """The first table of the vector in `slot`."""
    return Table(table.Bytes, table.Indirect(table.Vector(table.Offset(4 + 2 * slot))))


def test_standard_metadata_has_its_fields_where_the_schema_puts_them() -> None:
    content = standard_metadata(FACTS)
    assert content[4:8] == b"M001"
    model = root(content)
    found = [text(model, slot) for slot in (0, 1, 2, 4, 5)]
    assert found == ["small arcane", "a photo in", "0.1.0", "A. Painter", "CC0-1.0"]
    graph = first(model, 3)
    assert [text(first(graph, 2), slot) for slot in (0, 1)] == ["image", "RGB bytes"]
    assert [text(first(graph, 3), slot) for slot in (0, 1)] == ["painted", "RGB bytes too"]


def test_fields_that_nobody_stated_are_left_out() -> None:
    model = root(standard_metadata({}))
    assert [model.Offset(4 + 2 * slot) for slot in (0, 1, 2, 4, 5)] == [0, 0, 0, 0, 0]


def test_litert_file_says_what_its_bytes_are(converted: Path) -> None:
    path = converted / "model-int8.tflite"
    model = schema.Model.GetRootAs(path.read_bytes())
    names = {model.Metadata(index).Name().decode() for index in range(model.MetadataLength())}
    assert {"pix2phone", "TFLITE_METADATA"} <= names
    assert "photo in, the painted picture out" in model.Description().decode()
    facts = read_tflite_metadata(path)
    assert "bytes; sides multiples of 4" in facts["input"]
    assert (facts["licence"], facts["multiple"]) == ("not stated", 4)
    assert 0 < facts["reach"] <= 128


def test_onnx_file_says_whose_it_is(converted: Path) -> None:
    properties = {entry.key: entry.value for entry in onnx.load(converted / "model.onnx").metadata_props}
    assert "not stated" in properties["pix2phone"]


def test_packages_say_their_precision(converted: Path) -> None:
    for name, precision in (("Model", "float16"), ("Model-int8", "8-bit weights")):
        path = converted / f"{name}.mlpackage"
        assert loads(path, spec_of(path).description.metadata.userDefined[KEY])["precision"] == precision
