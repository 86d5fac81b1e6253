"""Trains and judges one setting of the ablation; settings done before are read back."""

import json
from collections.abc import Iterator
from dataclasses import asdict, replace
from functools import cache, partial
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import torch

from compress.ablation.settings import Setting
from compress.teacher import Teacher, teacher_pairs
from pix2phone.artefacts import read_json, write_json
from pix2phone.errors import UserError
from train.config import Recipe
from train.data.paired import Pair, held_out_pairs, train_pairs
from train.data.source import Pairs, to_data
from train.fit import fit
from train.losses.pixel import plain_loss
from train.metrics import gradient_error, psnr, ssim
from train.models import build
from train.models.generator import Generator, painter
from train.preview import centre
from train.tasks.distillation import Distillation
from train.tasks.supervised import Supervised

JUDGED_SIDE = 256  # of the middles that are judged
JUDGED_BY = (psnr, ssim, gradient_error)


class Kept(Pair):
    """A pair that is decoded once for all settings."""

    read = cache(Pair.read)


class Lab:
    """The inputs that all settings share; `run` trains and judges one of them; results are kept as JSON at `notes`."""

    def __init__(self, source: Pairs, recipe: Recipe, teacher: Teacher | None, notes: Path) -> None:
        self.source, self.recipe, self.teacher, self.notes = source, recipe, teacher, notes
        self.val = [tuple(centre(side, JUDGED_SIDE) for side in pair.read()) for pair in held_out_pairs(source, "val")]
        self.done: dict[str, list[float]] = read_json(notes) if notes.exists() else {}

    def run(self, setting: Setting, seed: int) -> list[float]:
        """One for each of JUDGED_BY."""
        taught = self._taught().weights if setting.learn != ("targets",) else None
        key = json.dumps([asdict(setting), to_data(self.source), asdict(self.recipe), taught, seed])
        if key not in self.done:
            self.done[key] = self._train(setting, seed)
            write_json(self.notes, self.done)
        return self.done[key]

    def _train(self, setting: Setting, seed: int) -> list[float]:
        # As many pixels for all: a larger crop gets fewer steps.
        steps = round(self.recipe.steps * (self.recipe.crop / setting.crop) ** 2)
        recipe = replace(self.recipe, crop=setting.crop, steps=steps, scales=setting.scales, seed=seed)
        recipe = replace(recipe, optimiser=setting.optimiser, lr=setting.lr)
        torch.manual_seed(seed)
        model = build(recipe.model)
        settings = partial(plain_loss, weight=setting.weight), recipe.optimiser, recipe.lr
        features = "features" in setting.learn
        task = Distillation(model, self._taught().network(), *settings) if features else Supervised(model, *settings)
        with TemporaryDirectory() as folder:
            pairs = list(self._pairs(setting))
            average, _ = fit(task, recipe, pairs, pairs[:1], Path(folder) / "ablation.safetensors", {})
        return self._judge(average)

    def _pairs(self, setting: Setting) -> Iterator[Pair]:
        pairs = train_pairs(self.source, setting.scales)
        few = {name: None for name in sorted(pair.name for pair in pairs)}
        chosen = list(few)[:: max(1, len(few) // (setting.photos or len(few)))][: setting.photos]
        if "targets" in setting.learn:
            yield from (Kept(p.name, p.photo, p.target) for p in pairs if p.name in chosen)
        if "outputs" in setting.learn:
            labelled = teacher_pairs(self._taught(), self.source, setting.scales)
            yield from (Kept(p.name, p.photo, p.target) for p in labelled if setting.unpaired or p.name in chosen)

    def _taught(self) -> Teacher:
        if self.teacher is None:
            raise UserError(
                "--teacher: missing; the groups learn and few need a checkpoint, or leave them out with --groups"
            )
        return self.teacher

    def _judge(self, model: Generator) -> list[float]:
        paint = painter(model)
        painted = [(paint(photo), target) for photo, target in self.val]
        return [float(np.mean([measure(*pair) for pair in painted])) for measure in JUDGED_BY]
