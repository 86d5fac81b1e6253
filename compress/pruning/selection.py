"""Which channels to take: those that harm the picture least for the multiply-accumulates that they cost.

Harm is the first-order Taylor estimate of the change in the loss (Molchanov et al. 2019, arXiv:1906.10771), summed
over all layers that lose the channel; it compares across layers.
"""

import itertools
import math
from collections.abc import Iterable, Iterator, Sequence

import numpy as np
import torch
from torch import nn

from compress.pruning.channels import Channels
from train.engine.task import Batch
from train.losses import Loss
from train.models.generator import Generator

# Layers keep multiples of as many channels, which SIMD lanes and NPUs fill; a layer of no more loses none.
BLOCK = 8
NEAR = 0.02  # of the network's cost: tolerance of goals where blocks allow it; within it the least harm decides
TABLE = 5000  # so many combinations of widths are compared one by one; networks with more have fine steps


def estimate_harm(model: Generator, channels: Channels, batches: Iterable[Batch], loss: Loss) -> np.ndarray:
    """The estimate for each channel's number, over batches of a "photo" and a "target", N x 3 x H x W in [0, 1]."""
    harm = np.zeros(1 + max((int(ids.max()) for ids in channels.sides.values()), default=0))
    model.eval()  # batch norms as they will be
    for batch in batches:
        model.zero_grad()
        loss(model(batch["photo"]), batch).backward()
        for (name, side), ids in channels.sides.items():
            np.add.at(harm, ids, _change(model.get_submodule(name), side) ** 2)
    model.zero_grad()
    return harm


def widths(channels: Channels, harm: np.ndarray, goal: float, least: Sequence[int] | None = None) -> list[int]:
    """How many channels each group keeps, so that `goal` GMACs are left or the nearest to it that blocks allow.

    No group falls below `least` (default: `BLOCK`). Of widths that are all within `NEAR`, those of the least harm.
    """
    ladders = [
        _ladder(count, end) for count, end in zip(channels.full, least or [BLOCK] * len(channels.full), strict=True)
    ]
    losses = [np.append(0.0, np.cumsum(np.sort(harm[group])))[::-1] for group in channels.groups]  # by channels kept
    if math.prod(map(len, ladders)) > TABLE:
        return _walk(channels, losses, ladders, goal)
    near = NEAR * channels.gmacs(channels.full)

    def rank(kept: tuple[int, ...]) -> tuple[float, float]:
        distance = abs(channels.gmacs(kept) - goal)
        return max(distance, near), sum(float(loss[count]) for loss, count in zip(losses, kept, strict=True))

    nearest = min(itertools.product(*ladders), key=rank)
    return list(nearest)


def least_harmful(channels: Channels, harm: np.ndarray, kept: Sequence[int]) -> list[int]:
    """The numbers of the channels to take so that each group keeps so many."""
    order = [group[np.argsort(harm[group], kind="stable")] for group in channels.groups]
    return [int(one) for ids, count in zip(order, kept, strict=True) for one in ids[: len(ids) - count]]


def least_gmacs(channels: Channels) -> float:
    """The remainder when every layer has its smallest width."""
    return channels.gmacs([min(count, BLOCK) for count in channels.full])


def _ladder(count: int, least: int) -> list[int]:
    """The widths that a group of `count` channels may get, widest first."""
    return [count, *range((count - 1) // BLOCK * BLOCK, max(least, BLOCK) - 1, -BLOCK)]


def _walk(channels: Channels, losses: list[np.ndarray], ladders: list[list[int]], goal: float) -> list[int]:
    """Down the ladders block by block, the least harm for each saved GMAC first, while that leads nearer to `goal`.

    Where every block leads beyond it, the smallest is tried.
    """
    kept = channels.full
    cost = channels.gmacs(kept)
    while options := list(_options(channels, losses, ladders, kept, cost)):
        short = [option for option in options if option[1] >= goal]
        _, after, index, fewer = min(short) if short else max(options, key=lambda option: option[1])
        if abs(after - goal) >= abs(cost - goal):
            break
        kept[index], cost = fewer, after
    return kept


def _options(
    channels: Channels, losses: list[np.ndarray], ladders: list[list[int]], kept: list[int], cost: float
) -> Iterator[tuple[float, float, int, int]]:
    """For every group that can lose a block: harm for each GMAC saved, GMACs left, its index, channels left."""
    for index, (count, ladder, loss) in enumerate(zip(kept, ladders, losses, strict=True)):
        if fewer := next((step for step in ladder if step < count), None):
            after = channels.gmacs([*kept[:index], fewer, *kept[index + 1 :]])
            yield float(loss[fewer] - loss[count]) / max(cost - after, 1e-12), after, index, fewer


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
