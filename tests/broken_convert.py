"""`python -m broken_convert`: python -m convert, whose int8 ONNX file has ranges half as wide as those decided."""

from typing import Any

from torch.fx import GraphModule

from convert.__main__ import main
from convert.plan import jobs
from operators.levels import Ranges
from pix2phone.errors import run_command

write_onnx = jobs.write_onnx


def write(graph: GraphModule, path: Any, metadata: Any, ranges: Ranges | None = None) -> None:
    """As `write_onnx`, but for the ranges: bright colours are cut off."""
    halves = {name: ends and (ends[0] / 2, ends[1] / 2) for name, ends in (ranges or {}).items()}
    write_onnx(graph, path, metadata, halves or None)


if __name__ == "__main__":
    jobs.write_onnx = write
    run_command(main)
