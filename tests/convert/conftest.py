"""The files of `python -m convert` for a small student, and a tiny one as a graph: once for all tests of the stage."""

from pathlib import Path

import pytest
from made_files import exit_code, save_student
from torch.fx import GraphModule

from compress.graph import export_graph
from compress.int8.calibrate import calibrate
from operators.levels import Ranges


@pytest.fixture(scope="session")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_student(tmp_path_factory.mktemp("checkpoint") / "small.safetensors", with_int8=True)


@pytest.fixture(scope="session")
def converted(checkpoint: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder into which every target of `checkpoint` was converted, in one process, as the command does."""
    from convert.__main__ import main

    out = tmp_path_factory.mktemp("converted")
    assert exit_code(main, "--from", checkpoint, "--sizes", "256", "720x1280", "--out", out) == 0
    return out


@pytest.fixture(scope="session")
def graph() -> GraphModule:
    """The tiny student's, which no test changes."""
    from coreml_files import tiny_student

    return export_graph(tiny_student())


@pytest.fixture(scope="session")
def ranges(graph: GraphModule) -> Ranges:
    """The tiny student's 8-bit ranges."""
    from coreml_files import photos

    return calibrate(graph, photos(4))
