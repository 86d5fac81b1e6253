"""The one training loop: it calls `task.step` for each batch until the clock ends the run."""

import math

import torch
from accelerate.utils import reduce

from pix2phone.console import progress
from pix2phone.errors import CheckFailed
from train.engine.batches import Batches
from train.engine.processes import device, processes, together
from train.engine.resume import Resume
from train.engine.training import Training


def run(training: Training, batches: Batches, resume: Resume | None = None, title: str = "training") -> None:
    """Train the task's networks in place until the clock ends the run, under a progress bar called `title`.

    With `resume` a killed run goes on where its file was written; the caller removes that file once the result is safe.
    Raises CheckFailed when a logged value is not finite.
    """
    task, clock, watch = training.task, training.clock, training.watch
    for network in task.networks.values():
        network.to(device()).train()
    if training.average:
        training.average.to(device())
    if resume:
        resume.load(training)
    with progress(title, 1.0, clock.share) as update, together(task):
        while clock.share < 1:
            for batch in batches.epoch(clock.steps):
                if (share := clock.share) >= 1:
                    break
                _take(training, task.step(batch, share))
                seen = watch.see(clock, training.means) if watch else ""
                update(share, f"step {clock.steps}  {training.means}{seen}")
            else:
                if resume:
                    resume.save_if_due(training)
    if watch:
        watch.end(clock, training.means)


def _take(training: Training, logs: dict[str, torch.Tensor]) -> None:
    """Count a step that the task has made. Its logs are averaged over the processes, so that all stop when one must."""
    task, clock = training.task, training.clock
    values = torch.stack([value.detach().float() for value in logs.values()])
    found = dict(zip(logs, (reduce(values, "mean") if processes() > 1 else values).tolist(), strict=True))
    for name, value in found.items():
        if not math.isfinite(value):
            raise CheckFailed(f"{name} {value} at step {clock.steps}; {task.remedy}")
    training.means.add(found)
    clock.steps += 1
    if training.average:
        training.average.update_parameters(task.networks[task.exported])
