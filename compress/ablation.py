"""python -m compress.ablation: which loss, crop, scales and lessons suit the data: one small student, many settings.

Every setting trains the student from the same seeds on as many pixels, and is judged on the middles of the held-out
photos. A Markdown table is printed and written; docs/distillation.md holds one. Scores are kept beside it, so that a
killed run goes on where it was.
"""

import argparse
import json
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import asdict, dataclass, replace
from functools import cache, partial
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import torch

from compress.teacher import FeatureLoss, Teacher, teacher_pairs
from pix2phone.artefacts import ARTIFACTS, read_json, replacing, write_json
from pix2phone.console import hush, say
from pix2phone.errors import OneLineParser, UserError, run_command
from train.config import RECIPES, Recipe
from train.data.paired import Pair, held_out_pairs, train_pairs
from train.data.source import Source
from train.loop import fit
from train.losses import GRADIENT_WEIGHT, Loss, plain_loss
from train.metrics import gradient_error, psnr, ssim
from train.models import STUDENTS, build
from train.models.contract import Generator, painter
from train.preview import centre

SIDE = 256  # of the middles that are judged
COLUMNS = {"PSNR dB": (psnr, ".2f"), "SSIM": (ssim, ".4f"), "gradient error": (gradient_error, ".2f")}


class Kept(Pair):
    """A pair that is decoded once for all settings."""

    read = cache(Pair.read)


@dataclass(frozen=True)
class Setting:
    """One row. `photos`: how many have targets (None: all); `unpaired`: with all others labelled by the teacher."""

    weight: float = GRADIENT_WEIGHT
    crop: int = 128
    scales: tuple[float, ...] = (1.0, 0.6)
    learn: tuple[str, ...] = ("targets",)
    photos: int | None = None
    unpaired: bool = False


def settings(few: int) -> dict[str, list[Setting]]:
    """The rows by group; each differs from the others of its group in what the group is called after."""
    lessons = [("targets",), ("outputs",), ("targets", "outputs")]
    return {
        "loss": [Setting(weight=weight) for weight in (0.0, 0.3, 0.6, 1.0)],
        "crop": [Setting(crop=crop) for crop in (96, 128, 160, 192)],
        "scales": [Setting(scales=scales) for scales in ((1.0,), (1.0, 0.6))],
        "lessons": [Setting(learn=learn) for learn in lessons],
        "few": [
            *(Setting(learn=learn, photos=few) for learn in [*lessons, ("targets", "features")]),
            Setting(learn=("outputs",), photos=few, unpaired=True),
            Setting(learn=("targets", "outputs"), photos=few, unpaired=True),
        ],
    }


class Lab:
    """What all settings share; `run` trains and judges one of them; what was done is kept as JSON at `notes`."""

    def __init__(self, source: Source, recipe: Recipe, teacher: Teacher | None, notes: Path) -> None:
        self.source, self.recipe, self.teacher, self.notes = source, recipe, teacher, notes
        self.held_out = [tuple(centre(side, SIDE) for side in pair.read()) for pair in held_out_pairs(source)]
        self.done: dict[str, list[float]] = read_json(notes) if notes.exists() else {}

    def run(self, setting: Setting, seed: int) -> list[float]:
        """One for each of COLUMNS."""
        taught = self._taught().weights if setting.learn != ("targets",) else None
        key = json.dumps([asdict(part) for part in (setting, self.source, self.recipe)] + [taught, seed])
        if key not in self.done:
            self.done[key] = self._train(setting, seed)
            write_json(self.notes, self.done)
        return self.done[key]

    def _train(self, setting: Setting, seed: int) -> list[float]:
        # As many pixels for all: a larger crop gets fewer steps.
        steps = round(self.recipe.steps * (self.recipe.crop / setting.crop) ** 2)
        recipe = replace(self.recipe, crop=setting.crop, steps=steps, scales=setting.scales, seed=seed)
        torch.manual_seed(seed)
        model = build(recipe.model)
        average = deepcopy(model)  # before a loss hangs hooks on the model
        loss: Loss = partial(plain_loss, weight=setting.weight)
        if "features" in setting.learn:
            loss = FeatureLoss(loss, model, self._taught().network())
        with TemporaryDirectory() as folder:
            pairs = list(self._pairs(setting))
            fit(model, average, recipe, pairs, pairs[:1], loss, Path(folder) / "ablation.safetensors", {})
        return self._judge(average)

    def _pairs(self, setting: Setting) -> Iterator[Pair]:
        pairs = train_pairs(self.source, setting.scales)
        few = {name: None for name in sorted(pair.name for pair in pairs)}
        chosen = list(few)[:: max(1, len(few) // (setting.photos or len(few)))][: setting.photos]
        if "targets" in setting.learn:
            yield from (Kept(p.name, p.photo, p.target) for p in pairs if p.name in chosen)
        if "outputs" in setting.learn:
            labelled = teacher_pairs(self._taught(), self.source, setting.scales, ())
            yield from (Kept(p.name, p.photo, p.target) for p in labelled if setting.unpaired or p.name in chosen)

    def _taught(self) -> Teacher:
        if self.teacher is None:
            raise UserError("--teacher: missing; lessons and few need a checkpoint, or leave them out with --groups")
        return self.teacher

    def _judge(self, model: Generator) -> list[float]:
        paint = painter(model)
        painted = [(paint(photo), target) for photo, target in self.held_out]
        return [float(np.mean([measure(*pair) for pair in painted])) for measure, _ in COLUMNS.values()]


def row(setting: Setting, scores: np.ndarray) -> str:
    """A line of the table of scores (seeds x COLUMNS): their means, and half the range over the seeds."""
    photos = f"{setting.photos or 'all'}{' + unpaired' if setting.unpaired else ''}"
    scales = " ".join(f"{scale:g}" for scale in setting.scales)
    cells = [" + ".join(setting.learn), photos, f"L1 + {setting.weight:g} grad", str(setting.crop), scales]
    for (_, form), column in zip(COLUMNS.values(), scores.T, strict=True):
        cells.append(f"{column.mean():{form}} ± {np.ptp(column) / 2:{form}}")
    return f"| {' | '.join(cells)} |"


def main() -> None:
    """Parse, train every setting, print and write the table."""
    args = _parser().parse_args()
    hush()
    recipe = replace(RECIPES["student"], model=args.model, crop=128, steps=args.steps, batch=args.batch)
    source = Source(tuple(args.photos), longest=recipe.longest)
    lab = Lab(source, recipe, Teacher.at(args.teacher) if args.teacher else None, args.out.with_suffix(".json"))
    columns = ["learnt", "photos with targets", "loss", "crop", "scales", *COLUMNS]
    lines = [f"| {' | '.join(columns)} |", "|" + " --- |" * len(columns)]
    say("\n".join(lines))
    for group in args.groups:
        for setting in settings(args.few)[group]:
            lines.append(row(setting, np.array([lab.run(setting, seed) for seed in range(args.seeds)])))
            say(lines[-1])
            with replacing(args.out) as temporary:
                temporary.write_text("\n".join(lines) + "\n")
    say(f"wrote {args.out}")


def _parser() -> argparse.ArgumentParser:
    parser = OneLineParser(prog="python -m compress.ablation", description=__doc__)
    parser.add_argument("--photos", nargs="+", default=["builtin"], metavar="DIR")
    parser.add_argument("--teacher", type=Path, metavar="CHECKPOINT")
    parser.add_argument("--groups", nargs="+", choices=settings(0), default=list(settings(0)))
    parser.add_argument("--model", choices=STUDENTS, default=STUDENTS[0])
    parser.add_argument("--steps", type=int, default=1000, help="of 128 px crops (default: %(default)s)")
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--few", type=int, default=6, help="photos with targets in the group few")
    parser.add_argument("--out", type=Path, default=ARTIFACTS / "ablation.md")
    return parser


if __name__ == "__main__":
    run_command(main)
