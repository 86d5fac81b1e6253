"""A .tflite file as objects that can be changed, and back; every change of a converted file goes through here."""

import flatbuffers
from ai_edge_litert import schema_py_generated as schema


def unpack(content: bytes) -> schema.ModelT:
    """The file `content` as objects of the format's own schema."""
    return schema.ModelT.InitFromPackedBuf(content)


def pack(model: schema.ModelT) -> bytes:
    """`model` as the bytes of a file; the same objects give the same bytes."""
    builder = flatbuffers.Builder(1024)
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output())
