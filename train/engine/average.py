"""Exponential moving average of a network's weights and buffers, by torch's own AveragedModel."""

import torch
from torch import nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

DECAY = 0.999
Tensors = tuple[torch.Tensor, ...] | list[torch.Tensor]


def averaged(model: nn.Module) -> AveragedModel:
    """A copy of `model` in evaluation mode, as its `module`; `update_parameters` moves it towards the trained weights.

    A young average forgets faster, lest it remember the start: its decay is min(0.999, (1 + n) / (10 + n)) at update n,
    as in TensorFlow's ExponentialMovingAverage. Integer buffers are copied.
    """
    average = AveragedModel(model, multi_avg_fn=_update, use_buffers=True)
    average.n_averaged += 1  # the start counts as one, else torch would copy the weights of the first step over it
    return average.to(memory_format=torch.contiguous_format).eval()  # it paints pictures one at a time


@torch.no_grad()
def _update(average: Tensors, current: Tensors, updates: torch.Tensor | int) -> None:
    """Tensors of one type; `updates`: this one's number, from 1."""
    if average[0].is_floating_point():
        decay = min(DECAY, (1 + int(updates)) / (10 + int(updates)))
        get_ema_multi_avg_fn(decay)(average, current, updates)
    else:
        torch._foreach_copy_(average, current)
