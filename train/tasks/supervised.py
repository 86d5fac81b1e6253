"""One generator that learns to paint each photo's target."""

from typing import ClassVar

import torch

from train.engine.precision import autocast
from train.engine.task import Batch, Task
from train.losses import Loss
from train.models.generator import Generator
from train.tasks.optimizers import OPTIMIZERS, WEIGHT_DECAY, set_one_cycle


class Supervised(Task):
    """`loss` compares the network's output for "photo" with the batch; one cycle with the peak learning rate `rate`.

    `optimizer`: a key of `OPTIMIZERS`. Batches hold "photo" and the loss's entries, N x 3 x H x W in [0, 1].
    """

    exported: ClassVar[str] = "generator"
    remedy: ClassVar[str] = "start again with a smaller --lr"

    def __init__(self, generator: Generator, loss: Loss, optimizer: str, rate: float) -> None:
        self.loss, self.rate = loss, rate
        self.networks = {self.exported: generator.to(memory_format=torch.channels_last)}
        learning = [parameter for parameter in generator.parameters() if parameter.requires_grad]
        self.optimizers = {self.exported: OPTIMIZERS[optimizer](learning, lr=rate, weight_decay=WEIGHT_DECAY)}

    def step(self, batch: Batch, progress: float) -> dict[str, torch.Tensor]:
        optimizer = self.optimizers[self.exported]
        set_one_cycle(optimizer, progress, self.rate)
        with autocast(progress):
            loss = self.objective(batch)
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        return {"loss": loss.detach()}

    def objective(self, batch: Batch) -> torch.Tensor:
        """The scalar that a step makes smaller."""
        return self.loss(self.networks[self.exported](batch["photo"]).float(), batch)
