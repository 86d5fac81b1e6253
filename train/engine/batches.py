"""The batches of a run, in an order that depends on nothing but the number of steps taken."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from torch.utils.data import DataLoader, Dataset

from train.engine.processes import device, processes, rank
from train.engine.task import Batch


@dataclass(frozen=True)
class Batches:
    """`size` samples a step and process; an epoch is `epoch_steps` steps, and resume files fall between epochs.

    `samples[k]` must depend on k alone, from 0 without end. So N processes see the same as one with an N times larger
    batch would.
    """

    samples: Dataset[Batch]
    size: int
    epoch_steps: int = 50

    def epoch(self, steps: int) -> Iterator[Batch]:
        """This process's batches of one epoch of a run that has taken `steps`, on its device."""
        first, each = steps * processes() * self.size, (self.epoch_steps, processes(), self.size)
        numbers = first + np.arange(np.prod(each)).reshape(each)[:, rank()]
        # On the CPU the network needs every core itself; on a GPU the samples must not keep it waiting.
        workers = 8 if device().type == "cuda" else 0
        for batch in DataLoader(self.samples, batch_sampler=numbers.tolist(), num_workers=workers):
            yield {name: tensor.to(device()) for name, tensor in batch.items()}
