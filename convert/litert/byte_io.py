"""Input and output of an int8 LiteRT file: conversion of plain RGB bytes, uint8, to int8 and back.

TensorFlow converts by a QUANTIZE that XNNPACK refuses. LiteRT's own kernel then processes the picture byte by
byte on one thread. Through float32, which is lossless here, XNNPACK takes both halves, and the whole network is one
partition: a file of 512 x 512 with only two rearrangements took 1.30 ms before and takes 0.34 ms
(python -m benchmarks.profiling.operators).
"""

from copy import copy

from ai_edge_litert import schema_py_generated as schema

from pix2phone.runtimes.flatbuffer import pack, unpack

OPERATOR, TYPE = schema.BuiltinOperator, schema.TensorType


def by_way_of_float(content: bytes) -> bytes:
    """The TFLite file `content` with each QUANTIZE between uint8 and int8 replaced by a DEQUANTIZE and a QUANTIZE."""
    model = unpack(content)
    (graph,) = model.subgraphs
    codes = [code.builtinCode for code in model.operatorCodes]
    steps = []
    for step in graph.operators:
        ends = {graph.tensors[index].type for index in (step.inputs[0], step.outputs[0])}
        if codes[step.opcodeIndex] == OPERATOR.QUANTIZE and ends == {TYPE.UINT8, TYPE.INT8}:
            steps.append(_to_float(model, step))
        steps.append(step)
    graph.operators = steps
    return pack(model)


def _to_float(model: schema.ModelT, step: schema.OperatorT) -> schema.OperatorT:
    """Insert a DEQUANTIZE of the input of the QUANTIZE `step`, which becomes its new input."""
    (graph,) = model.subgraphs
    bytes_before = graph.tensors[step.inputs[0]]
    value = schema.TensorT()
    value.name, value.type, value.buffer = bytes_before.name + b" as float32", TYPE.FLOAT32, 0
    value.shape, value.shapeSignature = copy(bytes_before.shape), copy(bytes_before.shapeSignature)
    graph.tensors.append(value)
    first = schema.OperatorT()
    first.opcodeIndex = _dequantize(model)
    first.inputs, first.outputs = step.inputs, [len(graph.tensors) - 1]
    step.inputs = first.outputs
    return first


def _dequantize(model: schema.ModelT) -> int:
    """The index of DEQUANTIZE among the operator codes of `model`."""
    codes = [code.builtinCode for code in model.operatorCodes]
    if OPERATOR.DEQUANTIZE not in codes:
        code = schema.OperatorCodeT()
        code.builtinCode = code.deprecatedBuiltinCode = OPERATOR.DEQUANTIZE
        code.version = 2  # the version that supports int8 and uint8
        model.operatorCodes.append(code)
        codes.append(OPERATOR.DEQUANTIZE)
    return codes.index(OPERATOR.DEQUANTIZE)
