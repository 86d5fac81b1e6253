"""A network as one ONNX file that takes pictures of any size, written operator by operator."""

from pathlib import Path
from typing import Any

import onnx
from onnx import ModelProto, helper
from torch.fx import GraphModule

from compress.int8.quantize import check_ranges
from convert.metadata import KEY, dumps
from convert.onnx.network import Network
from operators.levels import Ranges

OPSET, IR_VERSION = 18, 9  # the intermediate representation of the release that introduced the operators, and the next


def write_onnx(graph: GraphModule, path: Path, metadata: dict[str, Any], ranges: Ranges | None = None) -> None:
    """Write `graph`, made by compress.graph.export_graph, to `path`; the same arguments give the same bytes.

    The file takes `image` and returns `painted`, both N x 3 x H x W float32 in [0, 1], H and W free; padding happens
    inside. With `ranges` it computes in 8 bits with exactly those scales, and in float where they say so.
    Raises CheckFailed naming an operator that cannot be written, UserError when `ranges` belongs to another network,
    onnx.checker.ValidationError for a file that ONNX's own checker refuses.
    """
    if ranges is not None:
        check_ranges(graph, ranges)
    made = make_onnx(graph, ranges)
    _describe(made, metadata)
    onnx.checker.check_model(made, full_check=True)
    path.write_bytes(made.SerializeToString(deterministic=True))


def make_onnx(graph: GraphModule, ranges: Ranges | None = None) -> ModelProto:
    """The model of `write_onnx`, without metadata. Raises CheckFailed naming an operator that cannot be written."""
    opset = helper.make_opsetid("", OPSET)
    return helper.make_model(Network(graph, ranges or {}).write(), opset_imports=[opset], ir_version=IR_VERSION)


def _describe(made: ModelProto, metadata: dict[str, Any]) -> None:
    """Fill ONNX's own fields, shown by Netron, and put all `metadata` under one key."""
    made.producer_name = made.domain = KEY
    made.producer_version = metadata.get("versions", {}).get("pix2phone", "")
    made.doc_string = metadata.get("description", "")
    standard = {"model_author": metadata.get("author"), "model_license": metadata.get("licence")}
    given = {name: value for name, value in standard.items() if value}
    helper.set_model_props(made, given | {KEY: dumps(metadata)})
