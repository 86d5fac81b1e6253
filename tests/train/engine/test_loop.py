"""The loop's parts: the average by hand, batches by number, clocks, precision, values that are no longer finite."""

from copy import deepcopy

import pytest
import torch
from torch import nn
from torch.utils.data import Dataset

from pix2phone.errors import CheckFailed
from train.engine import precision
from train.engine.average import averaged
from train.engine.batches import Batches
from train.engine.clock import Clock
from train.engine.loop import run
from train.engine.task import Batch, Task
from train.engine.training import Training


class Numbers(Dataset[Batch]):
    """Sample k is k."""

    def __getitem__(self, index: int) -> Batch:
        return {"number": torch.tensor([float(index)])}


class Counting(Task):
    """Keeps its batches; its loss is no number at step `breaks`."""

    exported, remedy = "network", "turn it off"

    def __init__(self, breaks: int | None = None) -> None:
        self.networks, self.optimizers = {"network": nn.Linear(1, 1)}, {}
        self.breaks, self.seen, self.shares = breaks, list[list[float]](), list[float]()

    def step(self, batch: Batch, progress: float) -> dict[str, torch.Tensor]:
        value = float("inf") if len(self.seen) == self.breaks else 1.0
        self.seen.append(batch["number"].flatten().tolist())
        self.shares.append(progress)
        return {"fine": torch.tensor(0.0), "error": torch.tensor(value)}


@torch.no_grad()
def test_the_average_is_what_its_formula_says() -> None:
    torch.manual_seed(0)
    model = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4)).to(memory_format=torch.channels_last)
    average, expected = averaged(model), deepcopy(model.state_dict())
    for step in range(1, 2001):
        for tensor in model.state_dict().values():
            tensor += torch.randn(tensor.shape).to(tensor.dtype)
        average.update_parameters(model)
        decay = min(0.999, (1 + step) / (10 + step))
        for name, tensor in model.state_dict().items():
            floats = tensor.is_floating_point()
            expected[name] = torch.lerp(expected[name], tensor, 1 - decay) if floats else tensor.clone()
    for name, tensor in average.module.state_dict().items():
        assert torch.equal(tensor, expected[name]), name
    assert not average.module.training and average.module[0].weight.is_contiguous()


@pytest.mark.parametrize("epoch", [1, 3, 50])
def test_batches_are_numbered_through_whatever_the_epoch(epoch: int) -> None:
    task = Counting()
    run(Training(task, Clock(7)), Batches(Numbers(), size=2, epoch_steps=epoch))
    assert task.seen == [[2.0 * step, 2.0 * step + 1] for step in range(7)]
    assert task.shares == [step / 7 for step in range(7)]


def test_a_clock_goes_on_where_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 100.0
    monkeypatch.setattr("time.monotonic", lambda: now)
    clock = Clock(10, minutes=2.0)
    clock.resume(steps=3, seconds=60.0)
    now = 130.0
    assert (clock.seconds, clock.share) == (90.0, 0.75)
    clock.minutes = None
    assert clock.share == 0.3


def test_any_value_that_is_not_finite_ends_the_run() -> None:
    training = Training(Counting(breaks=4), Clock(9))
    with pytest.raises(CheckFailed, match=r"^error inf at step 4; turn it off$"):
        run(training, Batches(Numbers(), size=1))
    assert training.clock.steps == 4 and training.means.values == {"fine": 0.0, "error": 1.0}


@pytest.mark.parametrize(("has", "progress", "rounds"), [(True, 0.74, True), (True, 0.75, False), (False, 0.1, False)])
def test_the_end_of_a_run_is_in_float32(
    monkeypatch: pytest.MonkeyPatch, has: bool, progress: float, rounds: bool
) -> None:
    monkeypatch.setattr(precision, "has_bfloat16", lambda device: has)
    with precision.autocast(progress):
        assert (nn.Linear(2, 2)(torch.ones(1, 2)).dtype == torch.bfloat16) == (
            rounds and precision.device().type == "cpu"
        )
    assert not torch.is_autocast_enabled("cpu")
