"""Killed at any moment and started again, a run ends where an unbroken one does, bit for bit."""

import json
import os
import shutil
import signal
from dataclasses import replace
from pathlib import Path

import pytest
import tiny
import torch
from made_files import exit_code
from PIL import Image
from safetensors.torch import load_file, save_file
from torch import nn

from train.__main__ import main
from train.checkpoint import Card, save
from train.config import RECIPES
from train.data import crops, paired
from train.models import build
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


def begin_and_stop(monkeypatch: pytest.MonkeyPatch, *flags: str) -> None:
    """A run of ten steps that ends as if killed at the eighth, and has left a resume file of the fifth."""
    monkeypatch.setattr("train.loop.RESUME_SECONDS", 0.0)
    monkeypatch.setitem(RECIPES, "tiny", replace(RECIPES["student"], crop=32, batch=2, steps=10, epoch_steps=5))
    random_crop, calls = crops.random_crop, iter(range(1000))

    def stopping(*given: object) -> object:
        if next(calls) == 15:
            raise KeyboardInterrupt
        return random_crop(*given)

    with monkeypatch.context() as patch:
        patch.setattr(crops, "random_crop", stopping)
        assert exit_code(main, *flags, "--out", OUT) == 130
    assert resume_path(OUT).exists()


def repaint(path: Path) -> None:
    """Other pixels under the same name, of the same size in bytes, at the same time."""
    facts = path.stat()
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    os.utime(path, ns=(facts.st_atime_ns, facts.st_mtime_ns))
    assert path.stat().st_size == facts.st_size and path.stat().st_mtime_ns == facts.st_mtime_ns


CHANGES = {
    "nothing": lambda: None,
    "times": lambda: [os.utime(path, (1, 1)) for path in Path("pairs").glob("?/*.bmp")],
    "a training photo": lambda: repaint(Path("pairs/a/photo2.bmp")),
    "a target": lambda: repaint(Path("pairs/b/photo2.bmp")),
    "a val target": lambda: repaint(Path("pairs/b/photo4.bmp")),
    "a test target": lambda: repaint(Path("pairs/b/photo0.bmp")),
    "one more pair": lambda: [shutil.copy(f"pairs/{side}/photo0.bmp", f"pairs/{side}/more.bmp") for side in "ab"],
    "one pair less": lambda: [Path(f"pairs/{side}/photo1.bmp").unlink() for side in "ab"],
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_run_goes_on_only_if_it_would_see_the_same_pictures(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: str, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    tiny.write_pairs(Path("pairs"))
    for path in Path("pairs").glob("?/*.png"):  # a format in which a pixel can change without the size of the file
        Image.open(path).save(path.with_suffix(".bmp"))
        path.unlink()
    begin_and_stop(monkeypatch, *tiny.FLAGS)
    capsys.readouterr()
    CHANGES[change]()
    paired._ready.cache_clear()  # as in a process of its own
    assert exit_code(main, *tiny.FLAGS, "--out", OUT) == 0
    said = capsys.readouterr().out
    same = change in ("nothing", "times")
    assert ("resuming at step 5" in said) == same
    assert (f"{resume_path(OUT)}: the pictures have changed since; starting afresh" in said) == (not same)
    steps = [point["step"] for point in json.loads(OUT.with_suffix(".json").read_text())["curve"]]
    assert steps[-1] == 10


def test_a_run_that_begins_with_a_checkpoint_starts_afresh_when_that_is_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    tiny.write_pairs(Path("pairs"))
    for seed in (0, 1):
        torch.manual_seed(seed)
        save(Path(f"begin{seed}.safetensors"), build("small"), Card("small", "test"))
    shutil.copy("begin0.safetensors", "begin.safetensors")
    flags = (*tiny.FLAGS, "--begin", "begin.safetensors")
    begin_and_stop(monkeypatch, *flags)
    shutil.copy("begin1.safetensors", "begin.safetensors")
    capsys.readouterr()
    assert exit_code(main, *flags, "--out", OUT) == 0
    said = capsys.readouterr().out
    assert "starting afresh" in said and "resuming" not in said and "pictures have changed" not in said
