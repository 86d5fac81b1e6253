"""Two processes with half the batch each learn what one process learns with the whole."""

import json
from pathlib import Path

import tiny
import torch
from safetensors.torch import load_file

from train.resume import resume_path

STEPS = 24
LAUNCHER = ("-m", "accelerate.commands.launch", "--multi_gpu", "--num_processes", "2", "--main_process_port", "0")


def test_two_processes_follow_the_curve_of_one_with_the_doubled_batch(tmp_path: Path) -> None:
    tiny.write_pairs(tmp_path / "pairs")
    flags = [*tiny.FLAGS, "--steps", str(STEPS)]
    one = tiny.run(tmp_path, [*flags, "--batch", "4", "--out", "one.safetensors"])
    two = tiny.run(tmp_path, [*flags, "--batch", "2", "--out", "two.safetensors"], LAUNCHER)
    assert (one.returncode, two.returncode) == (0, 0), one.stderr + two.stderr
    assert two.stdout.count("training small on 2 processes") == 1  # one of them speaks

    curves = [json.loads((tmp_path / f"{name}.json").read_text())["curve"] for name in ("one", "two")]
    steps, losses = ([[point[key] for point in curve] for curve in curves] for key in ("step", "loss"))
    assert steps[0] == steps[1] and steps[0][:STEPS] == list(range(1, STEPS + 1))
    assert max(abs(a - b) for a, b in zip(*losses, strict=True)) < 1e-4
    assert losses[0][-1] < 0.97 * losses[0][0]  # and there was something to learn
    weights = [load_file(tmp_path / f"{name}.safetensors") for name in ("one", "two")]
    for name, expected in weights[0].items():
        # Adam divides rounding errors by themselves where gradients are next to nothing.
        assert torch.allclose(weights[1][name], expected, atol=2e-3), name
    assert not resume_path(tmp_path / "two.safetensors").exists()


def test_processes_cannot_share_a_clock(tmp_path: Path) -> None:
    tiny.write_pairs(tmp_path / "pairs", count=4)
    ended = tiny.run(tmp_path, [*tiny.FLAGS, "--minutes", "1"], LAUNCHER)
    assert ended.returncode != 0
    assert "error: --minutes: processes cannot share one clock; give --steps when running several" in ended.stderr
