"""A task trained on pairs by a recipe, with resume file, previews and averaged weights."""

from pathlib import Path
from typing import Any, cast

from pix2phone.errors import UserError
from train.config import Recipe
from train.data.augment import Augmentation
from train.data.crops import Crops
from train.data.paired import Pair
from train.engine.average import averaged
from train.engine.batches import Batches
from train.engine.clock import Clock
from train.engine.loop import run
from train.engine.processes import processes, rank
from train.engine.resume import Resume, resume_path
from train.engine.task import Task
from train.engine.training import Training
from train.engine.watch import Watch
from train.models.generator import Generator, painter


def fit(
    task: Task, recipe: Recipe, pairs: list[Pair], val: list[Pair], out: Path, fingerprint: dict[str, Any]
) -> tuple[Generator, list[dict[str, Any]]]:
    """Train the networks of `task` in place; gives the exported one with averaged weights, and the curve (see Watch).

    A killed run of the same `fingerprint` goes on from its resume file beside `out`; the caller removes that file
    once the result is safe. Raises CheckFailed when a loss is not finite.
    """
    if processes() > 1 and recipe.minutes:
        raise UserError("--minutes: processes cannot share one clock; give --steps when running several")
    average = averaged(task.networks[task.exported])
    model = cast(Generator, average.module)
    training = Training(task, Clock(recipe.steps, recipe.minutes), average)
    if rank() == 0:
        training.watch = Watch(lambda photo: painter(model)(photo), val, out)
    crops = Crops(pairs, recipe.crop, Augmentation(recipe.degrees, recipe.zoom), recipe.seed)
    run(training, Batches(crops, recipe.batch, recipe.epoch_steps), Resume(resume_path(out), fingerprint))
    return model, training.watch.curve if training.watch else []
