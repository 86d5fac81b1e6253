"""The state that changes during a run."""

from dataclasses import dataclass, field

from torch.optim.swa_utils import AveragedModel

from train.engine.clock import Clock
from train.engine.task import Task
from train.engine.watch import RunningMeans, Watch


@dataclass
class Training:
    """A task on its way. `average`, if any, is `averaged` of the exported network; the first process has a `watch`."""

    task: Task
    clock: Clock
    average: AveragedModel | None = None
    watch: Watch | None = None
    means: RunningMeans = field(default_factory=RunningMeans)
