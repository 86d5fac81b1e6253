"""The work of `python -m train` after its flags are parsed."""

import argparse
from pathlib import Path

import numpy as np
import torch

from pix2phone.artefacts import TRAINED, check_writable
from pix2phone.console import say
from pix2phone.external.convention import said
from pix2phone.pictures import write_picture
from train.checkpoint import Card, save
from train.config import DIRECTIONS, Recipe
from train.data.augment import Augmentation
from train.data.crops import Crops
from train.data.layout import find_folders
from train.data.paired import train_pairs
from train.data.source import BUILTIN, Painted, Paired, Pairs, to_data
from train.engine.processes import rank
from train.models import is_student
from train.preview import strip
from train.run import finish, print_scores, train_model
from train.styles.choice import PREFIX, StyleChoice

ROWS, COLUMNS = 4, 4


def source_from(args: argparse.Namespace, recipe: Recipe) -> Pairs:
    """The pairs that the flags ask for."""
    if args.pairs:
        return Paired(args.pairs, args.direction or DIRECTIONS[0], find_folders(Path(args.pairs)), args.skip_bad)
    style = StyleChoice(args.style, args.stroke, said(args, PREFIX))
    return Painted(tuple(args.photos or [BUILTIN]), style, recipe.longest, args.skip_bad)


def train_and_save(recipe: Recipe, preset: str, source: Pairs, out: Path, pretrained: bool, begin: Path | None) -> None:
    """Train, write checkpoint and report, print the scores; on several processes the first one writes."""
    check_writable(out)
    trained = train_model(recipe, source, out, pretrained, begin=begin)
    if rank():
        return
    metrics, photo = trained.report["metrics"], trained.report["photo"]
    save(
        out,
        trained.model,
        Card(recipe.model, preset, data={"source": to_data(source), "judged": recipe.judged}, metrics=metrics),
    )
    finish(out, trained.report)
    print_scores({"the photo, left as it is": photo, recipe.model: metrics})
    if metrics["psnr"] <= photo["psnr"]:
        say(f"{recipe.model} is no nearer to the targets than the photos are: train longer, or --preset student first")
    steps = "--int8" if is_student(recipe.model) else "--distill --int8"
    where = "" if out == TRAINED else f" --from {out}"
    say(f"wrote {out}; next: python -m compress{where} {steps}")


def show_augmentation(recipe: Recipe, source: Pairs, out: Path) -> None:
    """Write a sheet of augmented crops, photo beside target, as the network would see them."""
    size = ROWS * COLUMNS
    pairs = train_pairs(source, recipe.scales)
    crops = Crops(pairs, recipe.crop, Augmentation(recipe.degrees, recipe.zoom), recipe.seed)
    cells = [_picture(side) for index in range(size) for side in crops[index].values()]
    across = 2 * COLUMNS
    write_picture(out, strip([cells[row * across : (row + 1) * across] for row in range(ROWS)]))
    say(f"wrote {out}: {size} crops, each photo with its target to the right")


def _picture(image: torch.Tensor) -> np.ndarray:
    return image.mul(255).round().byte().permute(1, 2, 0).numpy()
