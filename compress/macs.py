"""Multiply-accumulates of a network: the base of a budget in per cent."""

from copy import deepcopy

import torch
from torch.utils.flop_counter import FlopCounterMode

from train.models.generator import Generator


def gmacs(model: Generator, side: int = 512) -> float:
    """Thousand millions of multiply-accumulates on one `side` x `side` picture; nothing is computed for it."""
    inputs = model.spec.example(side, side, device="meta")
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        deepcopy(model).to("meta")(*inputs.values())
    return counter.get_total_flops() / 2e9
