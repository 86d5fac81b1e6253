"""Which channels to take: those that harm the picture least for the multiply-accumulates that they cost.

Harm is the first-order Taylor estimate of the change in the loss (Molchanov et al. 2019, arXiv:1906.10771), summed
over all layers that lose the channel; it compares across layers.
"""

from collections.abc import Iterable, Iterator

import numpy as np
import torch
from torch import nn

from compress.pruning.channels import Channels
from train.losses import Loss
from train.models.contract import Generator

# Layers keep multiples of as many channels, which SIMD lanes and NPUs fill; a layer of no more loses none.
BLOCK = 8
OVERSHOOT = 0.03


def estimate_harm(
    model: Generator, channels: Channels, batches: Iterable[tuple[torch.Tensor, torch.Tensor]], loss: Loss
) -> np.ndarray:
    """The estimate for each channel's number, over batches of photos and targets, N x 3 x H x W in [0, 1]."""
    harm = np.zeros(1 + max((int(ids.max()) for ids in channels.sides.values()), default=0))
    model.eval()  # batch norms as they will be
    for photo, target in batches:
        model.zero_grad()
        loss(model(photo), target).backward()
        for (name, side), ids in channels.sides.items():
            np.add.at(harm, ids, _change(model.get_submodule(name), side) ** 2)
    model.zero_grad()
    return harm


def choose(channels: Channels, harm: np.ndarray, goal: float) -> list[int]:
    """The numbers of the channels to take so that `goal` GMACs are left, or somewhat less; all that may go if not.

    Blocks are taken one by one, the least harm for each saved GMAC first, among those that do not overshoot by more
    than `OVERSHOOT`; where all do, the smallest.
    """
    order = [group[np.argsort(harm[group], kind="stable")] for group in channels.groups]
    kept = channels.full
    cost = channels.gmacs(kept)
    while cost > goal and (options := list(_options(channels, harm, order, kept, cost))):
        near = [option for option in options if option[1] >= goal * (1 - OVERSHOOT)]
        _, cost, index, fewer = min(near) if near else max(options, key=lambda option: option[1])
        kept[index] = fewer
    return [int(one) for ids, count in zip(order, kept, strict=True) for one in ids[: len(ids) - count]]


def least_gmacs(channels: Channels) -> float:
    """What is left when every layer is as narrow as it may become."""
    return channels.gmacs([min(count, BLOCK) for count in channels.full])


def _options(
    channels: Channels, harm: np.ndarray, order: list[np.ndarray], kept: list[int], cost: float
) -> Iterator[tuple[float, float, int, int]]:
    """For every group that can lose a block: harm for each GMAC saved, GMACs left, its index, channels left."""
    for index, count in enumerate(kept):
        if count <= BLOCK:
            continue
        fewer = (count - 1) // BLOCK * BLOCK
        after = channels.gmacs([*kept[:index], fewer, *kept[index + 1 :]])
        gone = order[index][len(order[index]) - count : len(order[index]) - fewer]
        yield float(harm[gone].sum()) / max(cost - after, 1e-12), after, index, fewer


def _change(layer: nn.Module, side: str) -> np.ndarray:
    """For each channel at that side of the layer: the loss it would add to have its weights at zero, to first order."""
    changes = []
    for parameter in layer.parameters(recurse=False):
        if parameter.grad is not None:
            change = (parameter * parameter.grad).detach()
            if side == "out":
                changes.append(change.flatten(1).sum(1) if change.ndim > 1 else change)
            elif change.ndim > 1:
                changes.append(change.transpose(0, 1).flatten(1).sum(1))
    return torch.stack(changes).sum(0).cpu().numpy().astype(np.float64)
