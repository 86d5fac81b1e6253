"""The contract between the training loop and a task."""

from abc import ABC, abstractmethod
from typing import Any, ClassVar

import torch
from torch import nn

Batch = dict[str, torch.Tensor]  # by name, each N x ...


class Task(ABC):
    """Networks, their optimizers, and how one batch trains them.

    `exported` names the network whose averaged weights leave as the checkpoint. `remedy` is the advice in the error
    message when a value is no longer finite.
    """

    exported: ClassVar[str]
    remedy: ClassVar[str]
    networks: dict[str, nn.Module]
    optimizers: dict[str, torch.optim.Optimizer]

    @abstractmethod
    def step(self, batch: Batch, progress: float) -> dict[str, torch.Tensor]:
        """Train on one batch, with every backward pass and optimizer step; gives scalars to log, by name.

        `progress` is the share of the run that is over, in [0, 1). Call the networks as `self.networks[name]`: with
        several processes these are wrapped so that gradients are averaged over the processes.
        """

    def state(self) -> dict[str, Any]:
        """The state that a resumed run needs beside networks, optimizers and the global random states; {} if nothing.

        Tensors, JSON values, and lists, tuples and dicts (with names as keys) of them.
        """
        return {}

    def load_state(self, state: dict[str, Any]) -> None:  # noqa: B027 (most tasks have none)
        """Restore the result of `state`."""
