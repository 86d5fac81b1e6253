"""Ctrl-C in the middle of a conversion."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

pytestmark = pytest.mark.converter

TARGETS = [("onnx", "model.onnx"), ("coreml", "Model.mlpackage")]


@pytest.mark.parametrize(("target", "file"), TARGETS)
def test_an_interrupt_leaves_the_earlier_file_and_no_half_one(
    checkpoint: Path, tmp_path: Path, target: str, file: str
) -> None:
    (tmp_path / file).write_bytes(b"an earlier good one")
    words = [sys.executable, "-m", "convert", "--from", str(checkpoint), "--target", target, "--out", str(tmp_path)]
    child = subprocess.Popen(
        [*words, "--sizes", "1080x1920"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # a parent in the background ignores it
    )
    while not list(tmp_path.glob(f".*{Path(file).suffix}")):  # the temporary name
        assert child.poll() is None, child.communicate()
        time.sleep(0.01)
    child.send_signal(signal.SIGINT)
    _, said = child.communicate(timeout=120)
    assert child.returncode == 130
    assert said.startswith("interrupted: ") and said.count("\n") == 1
    assert {path.name for path in tmp_path.iterdir()} == {file}
    assert (tmp_path / file).read_bytes() == b"an earlier good one"
