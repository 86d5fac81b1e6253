"""The one-cycle schedule is fastai's, to the bit."""

import random

import pytest
import torch
from fastai.callback.schedule import combined_cos

from train.tasks.optimizers import OPTIMIZERS, one_cycle, set_cosine, set_one_cycle

PLACES = [0.0, 0.25, 0.2499999999, 0.2500000001, 0.9999999, *(step / 997 for step in range(997))]


@pytest.mark.parametrize("peak", [2.4e-3, 1e-3])
def test_one_cycle_is_fastais(peak: float) -> None:
    rates, momenta = combined_cos(0.25, peak / 25.0, peak, peak / 1e5), combined_cos(0.25, 0.95, 0.85, 0.95)
    for place in PLACES + [random.Random(0).random() for _ in range(100)]:
        assert one_cycle(place, peak) == (rates(place), momenta(place)), place


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_both_values_reach_every_group(name: str) -> None:
    weights = [{"params": [torch.nn.Parameter(torch.ones(2, 2))]} for _ in range(2)]
    optimizer = OPTIMIZERS[name](weights, lr=1.0, weight_decay=0.01)
    second = optimizer.param_groups[0]["betas"][1]
    set_one_cycle(optimizer, 0.25, 0.1)
    assert [(group["lr"], group["betas"]) for group in optimizer.param_groups] == [(0.1, (0.85, second))] * 2


def test_the_cosine_is_torchs() -> None:
    optimizers = [torch.optim.SGD([torch.nn.Parameter(torch.ones(1))], lr=0.3) for _ in range(2)]
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizers[0], 40)
    for step in range(40):
        set_cosine(optimizers[1], step / 40, 0.3)
        rates = [optimizer.param_groups[0]["lr"] for optimizer in optimizers]
        assert rates[1] == pytest.approx(rates[0], rel=1e-12)
        optimizers[0].step()
        schedule.step()
