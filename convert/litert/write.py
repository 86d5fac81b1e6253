"""A network as a LiteRT file, written operator by operator in TensorFlow and then converted.

Conversions through ONNX leave transposes and reshapes, which are slow and tie the file to one size.
"""

from pathlib import Path
from typing import Literal

import numpy as np
from torch.fx import GraphModule

from compress.int8.quantize import check_ranges
from convert.litert.byte_io import by_way_of_float
from operators import table
from operators.levels import STEPS, Ranges
from pix2phone.console import hush
from pix2phone.errors import CheckFailed
from train.models.spec import IMAGE

Precision = Literal["float32", "float16", "dynamic", "int8"]
INITIAL_SIDE = 512  # default picture size of a file, until it is resized


def write_tflite(graph: GraphModule, path: Path, precision: Precision, ranges: Ranges | None = None) -> None:
    """Write `graph`, made by compress.graph.export_graph, to `path`; the same graph and ranges give the same bytes.

    The file takes and returns 1 x H x W x 3 with any sides supported by the graph, after `resize_tensor_input`: float32
    in [0, 1], or for "int8" uint8 RGB, computed with the scales of `ranges`, and in float where those say so. "float16"
    means the weights; "dynamic" has 8-bit weights, and activations quantised at run time.
    Raises CheckFailed naming an operator that cannot be written or a scale that did not come out as asked, UserError
    when `ranges` belongs to another network.
    """
    if precision != "int8":
        path.write_bytes(_convert(graph, precision, {}))
        return
    check_ranges(graph, ranges or {})
    content = _convert(graph, precision, ranges or {})
    _check_scales(content, ranges or {})
    path.write_bytes(by_way_of_float(content))


def _convert(graph: GraphModule, precision: Precision, ranges: Ranges) -> bytes:
    hush()
    import tensorflow as tf

    from convert.litert.tf_network import Network

    example = graph.meta["spec"].example(INITIAL_SIDE, INITIAL_SIDE)[IMAGE]
    image = tf.TensorSpec(example.permute(0, 2, 3, 1).shape, tf.float32, IMAGE)
    function = tf.function(Network(graph, ranges), input_signature=[image])
    converter = tf.lite.TFLiteConverter.from_concrete_functions([function.get_concrete_function()], function)
    if precision != "float32":
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
    if precision == "float16":
        converter.target_spec.supported_types = [tf.float16]
    if precision == "int8":
        converter.inference_input_type = converter.inference_output_type = tf.uint8
    return converter.convert()


def _check_scales(content: bytes, ranges: Ranges) -> None:
    """CheckFailed unless both ends are RGB bytes, and each 8-bit result has a scale and zero point of `ranges`."""
    from ai_edge_litert import schema_py_generated as schema

    subgraph = schema.Model.GetRootAs(content).Subgraphs(0)
    decided = [ends for ends in ranges.values() if ends]
    asked = [((high - low) / STEPS, round(-low / (high - low) * STEPS) - 128) for low, high in decided]
    asked += [entry.litert_levels for entry in table.OPERATORS.values() if entry.litert_levels]
    plain = [(1 / STEPS, 0)]
    ends = {subgraph.Inputs(0): plain, subgraph.Outputs(0): plain}
    results = [subgraph.Operators(index).Outputs(0) for index in range(subgraph.OperatorsLength())]
    for index, allowed in (dict.fromkeys(results, asked) | ends).items():
        tensor = subgraph.Tensors(index)
        if tensor.Type() == (schema.TensorType.UINT8 if index in ends else schema.TensorType.INT8):
            parameters = tensor.Quantization()
            scale, zero = parameters.Scale(0), parameters.ZeroPoint(0)
            if any(np.isclose(scale, s, rtol=1e-5) and zero == z for s, z in allowed):
                continue
        elif index not in ends:
            continue
        raise CheckFailed(f"LiteRT: {tensor.Name().decode()}: its scale or zero point is not the one decided in torch")
