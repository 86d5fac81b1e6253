"""What `python -m convert` makes of a small student with an int8 step, made once for all tests of the stage."""

from pathlib import Path

import pytest
from made_files import exit_code, save_student


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
