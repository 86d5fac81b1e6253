"""A generator as one ONNX file that takes pictures of any size."""

from pathlib import Path
from typing import Any

import onnx
import torch
from torch.export import Dim

from convert import metadata
from convert.wrapper import AnySize
from train.models.contract import Generator

OPSET = 18
LARGEST_SIDE = 2**15


def write_onnx(model: Generator, path: Path, facts: dict[str, Any]) -> None:
    """Write `image` -> `painted`, both N x 3 x H x W float32 in [0, 1], H and W free; padding happens inside.

    Raises onnx.checker.ValidationError for a file that ONNX's own checker refuses.
    """
    example = torch.rand(2, 3, model.spec.multiple + 1, model.spec.multiple * 2 + 1)  # neither 0, 1 nor equal sides
    free = {0: Dim("n"), 2: Dim("height", max=LARGEST_SIDE), 3: Dim("width", max=LARGEST_SIDE)}
    torch.onnx.export(
        AnySize(model, model.spec.multiple).eval(),
        (example,),
        path,
        input_names=["image"],
        output_names=["painted"],
        opset_version=OPSET,
        dynamic_shapes={"image": free},
        external_data=False,
        verbose=False,
    )
    _finish(path, facts)


def _finish(path: Path, facts: dict[str, Any]) -> None:
    """Add `facts`, drop the exporter's notes on every node (they hold paths of this machine), and check."""
    made = onnx.load(path)
    for part in (*made.graph.node, *made.graph.value_info, *made.graph.input, *made.graph.output):
        del part.metadata_props[:]
        part.doc_string = ""
    onnx.helper.set_model_props(made, {metadata.KEY: metadata.dumps(facts)})
    onnx.checker.check_model(made, full_check=True)
    onnx.save(made, path)
