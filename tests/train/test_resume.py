"""Killed at any moment and started again, a run ends where an unbroken one does, bit for bit."""

import json
import signal
from pathlib import Path

import pytest
import tiny
import torch
from safetensors.torch import load_file, save_file
from torch import nn

from train.resume import load_resume, resume_path, save_resume

OUT = Path("out/small.safetensors")
STEPS = 120  # a few seconds of processor time: enough to be killed in


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("runs")
    tiny.write_pairs(path / "pairs")
    return path


def flags(out: Path) -> list[str]:
    return [*tiny.FLAGS, "--steps", str(STEPS), "--out", str(out)]


def test_killed_twice_it_ends_like_an_unbroken_run(folder: Path) -> None:
    unbroken = tiny.run(folder, flags(Path("unbroken/small.safetensors")))
    assert unbroken.returncode == 0, unbroken.stderr
    for seconds in (0.617, 0.0):
        killed = tiny.run(folder, flags(OUT), kill=f"{resume_path(OUT)} {seconds}")
        assert killed.returncode == -signal.SIGKILL, killed
        assert not (folder / OUT).exists() and resume_path(folder / OUT).exists()
    last = tiny.run(folder, flags(OUT))
    assert last.returncode == 0, last.stderr
    assert "resuming at step" in last.stdout

    runs = (Path("unbroken/small.safetensors"), OUT)
    expected, found = (load_file(folder / path) for path in runs)
    assert found.keys() == expected.keys()
    assert all(torch.equal(found[name], expected[name]) for name in expected)
    metrics = [json.loads((folder / path).with_suffix(".json").read_text())["metrics"] for path in runs]
    assert metrics[0] == metrics[1]
    curves = [tiny.losses(folder / path) for path in runs]
    assert len(curves[0]) == STEPS
    assert curves[0] == pytest.approx(curves[1], abs=1e-4)  # a running mean, which goes on from a rounded figure
    assert not resume_path(folder / OUT).exists()


def modules(width: int = 3) -> dict[str, nn.Module]:
    torch.manual_seed(0)
    return {"model": nn.Linear(2, width), "average": nn.BatchNorm1d(width)}


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    """A resume file of a run with fingerprint {"lr": 0.1, "scales": (1.0,)}, at step 7."""
    path, parts = tmp_path / "x.resume.safetensors", modules()
    optimiser = torch.optim.AdamW(parts["model"].parameters())
    parts["model"](torch.ones(1, 2)).sum().backward()
    optimiser.step()
    parts["average"].num_batches_tracked += 5
    save_resume(path, parts, optimiser, {"fingerprint": {"lr": 0.1, "scales": (1.0,)}, "steps": 7})
    return path


def test_weights_counters_and_moments_come_back(saved: Path) -> None:
    parts = modules()
    optimiser = torch.optim.AdamW(parts["model"].parameters())
    before = parts["model"].weight.clone()
    state = load_resume(saved, parts, optimiser, {"lr": 0.1, "scales": (1.0,)})
    assert state and state["steps"] == 7
    assert not torch.equal(parts["model"].weight, before)
    assert parts["average"].num_batches_tracked == 5
    moments = optimiser.state_dict()["state"]
    assert moments[0]["step"] == 1 and torch.allclose(moments[0]["exp_avg"], torch.full((3, 2), 0.1))


@pytest.mark.parametrize("spoil", ["other flags", "other network", "cut", "foreign", "no file"])
def test_a_resume_file_of_something_else_is_not_used(
    saved: Path, spoil: str, capsys: pytest.CaptureFixture[str]
) -> None:
    parts = modules(width=4 if spoil == "other network" else 3)
    if spoil == "cut":
        saved.write_bytes(saved.read_bytes()[:100])
    if spoil == "foreign":
        save_file({"x": torch.zeros(1)}, saved)
    if spoil == "no file":
        saved.unlink()
    before = {name: value.clone() for name, value in parts["model"].state_dict().items()}
    fingerprint = {"lr": 0.2 if spoil == "other flags" else 0.1, "scales": (1.0,)}
    assert load_resume(saved, parts, torch.optim.AdamW(parts["model"].parameters()), fingerprint) is None
    assert all(torch.equal(value, before[name]) for name, value in parts["model"].state_dict().items())
    assert ("starting afresh" in capsys.readouterr().out) == (spoil != "no file")
