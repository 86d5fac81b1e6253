"""One process or several that train together (`accelerate launch`), each on its device."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from accelerate import Accelerator, PartialState
from torch import nn
from torch.nn.parallel import DistributedDataParallel

from train.engine.task import Task


def device() -> torch.device:
    """This process's GPU, or the CPU where there is no CUDA."""
    return _state().device


def processes() -> int:
    """How many train together."""
    return _state().num_processes


def rank() -> int:
    """This process's number among them, from 0. The first one writes the files."""
    return _state().process_index


@contextmanager
def together(task: Task) -> Iterator[None]:
    """Within it the task's networks are wrapped so that gradients, and on GPUs batch norms, are averaged over all."""
    if processes() == 1:
        yield
        return
    before, accelerator = task.networks, Accelerator(cpu=device().type == "cpu")
    if device().type == "cuda":
        before = {name: nn.SyncBatchNorm.convert_sync_batchnorm(network) for name, network in before.items()}
    task.networks = {name: accelerator.prepare_model(network) for name, network in before.items()}
    try:
        yield
    finally:
        task.networks = before


def alone(task: Task) -> dict[str, nn.Module]:
    """The task's networks without that wrapping."""
    wrapped = DistributedDataParallel
    return {name: net.module if isinstance(net, wrapped) else net for name, net in task.networks.items()}


def _state() -> PartialState:
    return PartialState(cpu=not torch.cuda.is_available())
