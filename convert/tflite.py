"""A network as a LiteRT file, written operator by operator into TensorFlow and then converted.

Onnx-based ways leave transposes and reshapes, which are slow and tie the file to one size.
"""

from pathlib import Path
from typing import Literal

import numpy as np
from torch.fx import GraphModule

from compress.quantize import STEPS, Ranges, check_ranges
from pix2phone.console import hush
from pix2phone.errors import CheckFailed

Precision = Literal["float32", "float16", "int8"]


def write_tflite(graph: GraphModule, path: Path, precision: Precision, ranges: Ranges | None = None) -> None:
    """Write `graph` (compress.graph.export_graph) to `path`; 1 x H x W x 3 in and out, resizable to any allowed sides.

    "float32" and "float16" (of weights) take and give float32 in [0, 1]; "int8" takes and gives uint8 RGB and computes
    with the scales of `ranges`. Raises CheckFailed naming an operator that cannot be written, or a scale that did not
    come out as asked; UserError when `ranges` belongs to another network.
    """
    hush()
    import tensorflow as tf

    from convert.aten_to_tf import Network

    if precision == "int8":
        check_ranges(graph, ranges or {})
    network = Network(graph, ranges if precision == "int8" else None)
    function = tf.function(network, input_signature=[tf.TensorSpec((1, None, None, 3), tf.float32, "image")])
    converter = tf.lite.TFLiteConverter.from_concrete_functions([function.get_concrete_function()], function)
    if precision != "float32":
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
    if precision == "float16":
        converter.target_spec.supported_types = [tf.float16]
    if precision == "int8":
        converter.inference_input_type = converter.inference_output_type = tf.uint8
    content = converter.convert()
    if precision == "int8":
        _check_scales(content, ranges or {})
    path.write_bytes(content)


def _check_scales(content: bytes, ranges: Ranges) -> None:
    """CheckFailed unless input and output are plain RGB bytes and every activation has a scale and zero point of `ranges`."""
    from ai_edge_litert.interpreter import Interpreter

    interpreter = Interpreter(model_content=content)
    for end in (*interpreter.get_input_details(), *interpreter.get_output_details()):
        if end["dtype"] is not np.uint8 or not np.allclose(end["quantization"], (1 / STEPS, 0), rtol=1e-5):
            raise CheckFailed(f"LiteRT: {end['name']}: {end['dtype'].__name__} with {end['quantization']}, not RGB bytes")
    asked = {((high - low) / STEPS, round(-low / (high - low) * STEPS) - 128) for low, high in ranges.values()}
    for tensor in interpreter.get_tensor_details():
        ...
