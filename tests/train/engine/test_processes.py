"""Two processes with half the batch each learn the same as one process with the whole."""

import re
from pathlib import Path

import pytest
import tiny
import torch
from safetensors.torch import load_file

from train.engine.resume import resume_path

pytestmark = pytest.mark.training

STEPS = 24
LAUNCHER = ("-m", "accelerate.commands.launch", "--multi_gpu", "--num_processes", "2", "--main_process_port", "0")


def test_two_processes_follow_the_curve_of_one_with_the_doubled_batch(tmp_path: Path) -> None:
    tiny.write_pairs(tmp_path / "pairs")
    # AdamW: Muon makes whole steps of directions in which gradients are nothing but rounding errors.
    flags = [*tiny.FLAGS, "--preset", "tiny-adamw", "--steps", str(STEPS)]
    one = tiny.run(tmp_path, [*flags, "--batch", "4", "--out", "one.safetensors"])
    two = tiny.run(tmp_path, [*flags, "--batch", "2", "--out", "two.safetensors"], LAUNCHER)
    assert (one.returncode, two.returncode) == (0, 0), one.stderr + two.stderr
    assert two.stdout.count("training small on 2 processes") == 1  # one of them speaks

    curves = [tiny.losses(tmp_path / f"{name}.safetensors") for name in ("one", "two")]
    assert len(curves[0]) == len(curves[1]) == STEPS
    assert max(abs(a - b) for a, b in zip(*curves, strict=True)) < 1e-4
    assert curves[0][-1] < 0.97 * curves[0][0]  # and there was something to learn
    weights = [load_file(tmp_path / f"{name}.safetensors") for name in ("one", "two")]
    for name, expected in weights[0].items():
        # Adam divides rounding errors by themselves where gradients are next to nothing.
        assert torch.allclose(weights[1][name], expected, atol=2e-3), name
    assert not resume_path(tmp_path / "two.safetensors").exists()


def test_processes_cannot_share_a_clock(tmp_path: Path) -> None:
    tiny.write_pairs(tmp_path / "pairs", count=4)
    ended = tiny.run(tmp_path, [*tiny.FLAGS, "--minutes", "1"], LAUNCHER)
    assert ended.returncode != 0
    assert re.search(r"error: --minutes: .*--steps", ended.stderr)
