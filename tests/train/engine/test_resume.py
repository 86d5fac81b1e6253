"""Killed at any moment and started again, a run ends where an unbroken one does, bit for bit."""

import json
import os
import random
import shutil
import signal
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
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
from train.data.augment import Augmentation
from train.data.source import Paired
from train.engine.average import averaged
from train.engine.batches import Batches
from train.engine.clock import Clock
from train.engine.loop import run
from train.engine.resume import Resume, resume_path
from train.engine.task import Batch, Task
from train.engine.training import Training
from train.models import build

pytestmark = pytest.mark.training

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


class Alternating(Task):
    """Two networks in turn, each against the other, as adversaries train; with a pool of old pictures and chance."""

    exported, remedy = "painter", "use a smaller rate"

    def __init__(self, width: int = 4, stop: int | None = None) -> None:
        torch.manual_seed(0)
        painter = nn.Sequential(nn.Conv2d(3, width, 3, padding=1), nn.BatchNorm2d(width), nn.Conv2d(width, 3, 1))
        self.networks = {"painter": painter, "judge": nn.Sequential(nn.Dropout(0.2), nn.Conv2d(3, 1, 3))}
        rates = {"painter": torch.optim.AdamW(painter.parameters(), 1e-3)}
        self.optimizers = rates | {"judge": torch.optim.SGD(self.networks["judge"].parameters(), 1e-2, momentum=0.9)}
        self.pool: list[torch.Tensor] = []
        self.turns, self.stop = 0, stop

    def step(self, batch: Batch, progress: float) -> dict[str, torch.Tensor]:
        if self.turns == self.stop:
            raise KeyboardInterrupt
        self.turns += 1
        painted = self.networks["painter"](batch["photo"])
        self.pool = [*self.pool, painted.detach()][-3:]
        old = self.pool[random.randrange(len(self.pool))] + 0.01 * float(np.random.rand())
        judge = self.networks["judge"]
        if self.turns % 3:
            logs = {"judge": (judge(old).mean() - judge(batch["target"]).mean()).tanh()}
        else:
            logs = {"painter": (painted - batch["target"]).abs().mean() - 0.1 * judge(painted).mean()}
        (name, loss), *_ = logs.items()
        for optimizer in self.optimizers.values():
            optimizer.zero_grad()
        loss.backward()
        self.optimizers[name].param_groups[0]["lr"] *= 0.99  # kept in the optimizer alone
        self.optimizers[name].step()
        return logs

    def state(self) -> dict[str, object]:
        return {"pool": self.pool, "turns": self.turns}

    def load_state(self, state: dict[str, Any]) -> None:
        self.pool, self.turns = state["pool"], state["turns"]


def alternate(folder: Path, task: Alternating, fingerprint: dict[str, Any]) -> Training:
    """A run of 23 steps, in epochs of four."""
    for number, seed in enumerate((random.seed, np.random.seed, torch.manual_seed)):
        seed(number)
    pairs = paired.train_pairs(Paired(str(folder / "pairs")))
    batches = Batches(crops.Crops(pairs, 32, Augmentation(), seed=0), size=2, epoch_steps=4)
    training = Training(task, Clock(23), averaged(task.networks["painter"]))
    run(training, batches, Resume(folder / "x.resume.safetensors", fingerprint))
    return training


def everything(training: Training) -> dict[str, torch.Tensor]:
    """All tensors that training has touched."""
    task, average = training.task, training.average
    assert isinstance(task, Alternating) and average
    found = {f"pool {index}": picture for index, picture in enumerate(task.pool)} | average.state_dict()
    for name, network in task.networks.items():
        found |= {f"{name} {key}": value for key, value in network.state_dict().items()}
        for index, moments in task.optimizers[name].state_dict()["state"].items():
            found |= {f"{name} {index} {key}": torch.as_tensor(value) for key, value in moments.items()}
    return found


def test_two_networks_that_alternate_end_alike_when_the_run_was_killed(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    unbroken = alternate(folder, Alternating(), {})
    monkeypatch.setattr("train.engine.resume.SECONDS", 0.0)
    for stop in (7, 18):
        with pytest.raises(KeyboardInterrupt):
            alternate(folder, Alternating(stop=stop), {})
    resumed = alternate(folder, Alternating(), {})
    said = capsys.readouterr().out
    assert ("step 4 " in said, "step 16 " in said) == (True, True)
    expected, found = everything(unbroken), everything(resumed)
    assert found.keys() == expected.keys() and len(found) > 30
    assert all(torch.equal(found[name], value) for name, value in expected.items())
    assert resumed.means.values == unbroken.means.values and resumed.means.values.keys() == {"painter", "judge"}
    rates = [[o.param_groups[0]["lr"] for o in each.task.optimizers.values()] for each in (unbroken, resumed)]
    assert rates[0] == rates[1] != [1e-3, 1e-2]
    (folder / "x.resume.safetensors").unlink()


@pytest.mark.parametrize("spoil", ["other flags", "other network", "other optimizers", "cut", "foreign", "no file"])
def test_a_resume_file_of_something_else_is_not_used(
    folder: Path, spoil: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = folder / "x.resume.safetensors"
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr("train.engine.resume.SECONDS", 0.0)
        alternate(folder, Alternating(stop=5), {"lr": 0.1, "scales": (1.0,)})
    capsys.readouterr()
    task = Alternating(width=6 if spoil == "other network" else 4)
    if spoil == "other optimizers":
        task.optimizers["third"] = torch.optim.SGD(task.networks["judge"].parameters())
    if spoil == "cut":
        path.write_bytes(path.read_bytes()[:100])
    if spoil == "foreign":
        save_file({"x": torch.zeros(1)}, path)
    if spoil == "no file":
        path.unlink()
    before = {name: value.clone() for name, value in task.networks["painter"].state_dict().items()}
    training = Training(task, Clock(23), averaged(task.networks["painter"]))
    fingerprint = {"lr": 0.2 if spoil == "other flags" else 0.1, "scales": (1.0,)}
    assert not Resume(path, fingerprint).load(training)
    assert training.clock.steps == 0 and not task.pool
    assert all(torch.equal(value, before[name]) for name, value in task.networks["painter"].state_dict().items())
    assert ("starting afresh" in capsys.readouterr().out) == (spoil != "no file")


def begin_and_stop(monkeypatch: pytest.MonkeyPatch, *flags: str) -> None:
    """A run of ten steps that ends as if killed at the eighth, and has left a resume file of the fifth."""
    monkeypatch.setattr("train.engine.resume.SECONDS", 0.0)
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
    assert ("step 5 (" in said) == same
    assert (f"{resume_path(OUT)}: " in said and "pictures" in said) == (not same)
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
