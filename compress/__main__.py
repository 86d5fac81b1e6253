"""python -m compress: makes a trained network small for phones, and prints the loss of each step."""

import argparse
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from compress.budget import Budget
from compress.flags import PRUNED, is_foreign, parse
from pix2phone.artefacts import TRAINED, newest
from pix2phone.errors import run_command
from pix2phone.external.convention import said
from train.config import RECIPES, Recipe

if TYPE_CHECKING:
    from compress.command import Planner
    from compress.load import Compressed
    from compress.steps import Context, Step


def main() -> None:
    """Parse, take the steps in order, write the checkpoint, print the loss of each step."""
    args = parse(__doc__)
    from pix2phone.console import hush

    hush()
    from compress.command import compress
    from compress.imported import import_network
    from convert.cost import litert_cost

    begin = args.from_ or newest(TRAINED)
    if is_foreign(begin):
        read = partial(import_network, photos=args.photos, out=args.out, said=said(args, "--"))
        compress(begin, args.out, _plan(args, begin), litert_cost, args.floor, read)
    else:
        compress(begin, args.out, _plan(args, begin), litert_cost, args.floor)


def _plan(args: argparse.Namespace, begin: Path) -> "Planner":
    """The steps that the flags ask for, or with --auto those that a search finds."""
    from compress.auto import search
    from compress.distill import Distill
    from compress.int8.step import Int8
    from compress.pruning.prune import Prune
    from compress.teacher import Teacher
    from compress.weights import Fp16, Palettize

    taught = args.teacher or {"outputs", "features"} & set(args.learn)
    teacher = Teacher.at(args.teacher or begin) if taught else None
    recipe = RECIPES[args.preset].with_flags(
        minutes=args.minutes, steps=args.train_steps, batch=args.batch, seed=args.seed
    )

    def distill(recipe: Recipe) -> "Step":
        return Distill(recipe, tuple(args.learn), teacher, tuple(args.unpaired))

    def prune(share: float | None) -> "Step":
        left = args.budget or Budget(share=round(1 - (share or PRUNED), 6))
        return Prune(recipe.with_flags(steps=args.prune_steps), left)

    makers: dict[str, Callable[[Any], Step]] = {
        "distill": lambda name: distill(replace(recipe, model=name)),
        "prune": prune,
        "int8": lambda _: Int8(args.max_drop, args.qat),
        "fp16": lambda _: Fp16(),
        "palettize": Palettize,
    }
    steps = [makers[name](value) for name, value in args.steps]

    def plan(start: "Compressed", context: "Context") -> "tuple[list[Step], list[dict[str, Any]]]":
        if not args.auto:
            return steps, []
        best, tried = search(start, recipe, args.budget, context, distill)
        return [distill(best), Int8(args.max_drop, args.qat)], tried

    return plan


if __name__ == "__main__":
    run_command(main)
