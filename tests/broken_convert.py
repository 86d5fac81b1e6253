"""`python -m broken_convert`: python -m convert, which gets a bias of the int8 ONNX file wrong."""

import copy
from typing import Any

import torch
from torch.fx import GraphModule

from convert import jobs
from convert.__main__ import main
from pix2phone.errors import run_command

write_onnx = jobs.write_onnx


def write(graph: GraphModule, path: Any, facts: Any, *ranges: Any) -> None:
    """As `write_onnx`, but for the bias where there are ranges."""
    graph = copy.deepcopy(graph)
    if ranges:
        with torch.no_grad():
            graph.get_parameter("exit.bias").add_(0.1)
    write_onnx(graph, path, facts, *ranges)


if __name__ == "__main__":
    jobs.write_onnx = write
    run_command(main)
