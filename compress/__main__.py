"""python -m compress: a trained network in, a small one for phones out, with what each step cost."""

import argparse
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from compress.budget import Budget, parse_budget
from pix2phone.artefacts import COMPRESSED, TRAINED, checkpoint_path, newest
from pix2phone.errors import OneLineParser, UserError, run_command
from train.config import RECIPES, Recipe

PRUNED, QAT_STEPS = 0.5, 400
LESSONS = ("targets", "outputs", "features")


class InOrder(argparse.Action):
    """Keeps the steps in the order in which their flags were given: `namespace.steps` is a list of (name, value)."""

    def __call__(self, parser: Any, namespace: argparse.Namespace, value: Any, option: str | None = None) -> None:
        namespace.steps = [*(getattr(namespace, "steps", None) or []), (self.dest, value)]


def main() -> None:
    """Parse, take the steps in order, write the checkpoint, print what each step cost."""
    args = _parser().parse_args()
    asked: list[tuple[str, Any]] = getattr(args, "steps", None) or []
    if args.auto and (asked or not args.budget or args.budget.ms is None):
        raise UserError(
            "--auto: goes with --budget 5ms@512, and without steps: it chooses the student, then takes --int8"
        )
    if not (asked or args.auto):
        raise UserError("compress: no step asked for; python -m compress --help lists them")
    for flag, value in (("--max-drop", args.max_drop), ("--qat", args.qat)):
        if value is not None and "int8" not in dict(asked):
            raise UserError(f"{flag}: {value:g}: goes with --int8")
    if args.budget and not (args.auto or "prune" in dict(asked)):
        raise UserError(f"--budget: {args.budget}: goes with --prune or --auto")
    from pix2phone.console import hush

    hush()
    from compress.auto import search
    from compress.command import compress
    from compress.distill import Distill
    from compress.int8 import Int8
    from compress.load import Compressed
    from compress.prune import Prune
    from compress.steps import Context, Step
    from compress.teacher import Teacher
    from compress.weights import Fp16, Palettize
    from convert.cost import litert_cost

    begin = args.from_ or newest(TRAINED)
    taught = args.teacher or {"outputs", "features"} & set(args.learn)
    teacher = Teacher.at(args.teacher or begin) if taught else None
    recipe = RECIPES[args.preset].with_flags(
        minutes=args.minutes, steps=args.train_steps, batch=args.batch, seed=args.seed
    )

    def distill(recipe: Recipe) -> Step:
        return Distill(recipe, tuple(args.learn), teacher, tuple(args.unpaired))

    makers: dict[str, Callable[[Any], Step]] = {
        "distill": lambda name: distill(replace(recipe, model=name)),
        "prune": lambda share: Prune(recipe.with_flags(steps=args.prune_steps), _left(share, args.budget)),
        "int8": lambda _: Int8(args.max_drop, args.qat),
        "fp16": lambda _: Fp16(),
        "palettize": Palettize,
    }
    steps = [makers[name](value) for name, value in asked]

    def plan(start: Compressed, context: Context) -> tuple[list[Step], list[dict[str, Any]]]:
        if not args.auto:
            return steps, []
        best, tried = search(start, recipe, args.budget, context, distill)
        return [distill(best), Int8(args.max_drop, args.qat)], tried

    compress(begin, args.out, plan, litert_cost, args.floor)


def _parser() -> argparse.ArgumentParser:
    parser = OneLineParser(prog="python -m compress", description=__doc__)
    parser.add_argument("--from", dest="from_", type=Path, metavar="CHECKPOINT", help="default: the newest trained one")
    parser.add_argument(
        "--out", type=checkpoint_path, default=COMPRESSED, help="checkpoint to write (default: %(default)s)"
    )
    parser.add_argument("--auto", action="store_true", help="try students for the best one within --budget 5ms@512")
    parser.add_argument("--floor", type=_decibels, metavar="28dB", help="stop when a step leaves less PSNR than this")
    steps = parser.add_argument_group("steps, taken in the order given")
    steps.add_argument(
        "--distill",
        action=InOrder,
        nargs="?",
        const="small",
        metavar="STUDENT",
        help="train a small network to paint the same (default: %(const)s)",
    )
    steps.add_argument(
        "--prune",
        action=InOrder,
        nargs="?",
        type=_share,
        metavar="R",
        help=f"take away this share of the multiply-accumulates, channel by channel (default: {PRUNED})",
    )
    steps.add_argument(
        "--budget", type=parse_budget, metavar="40%|5ms@512", help="what --prune leaves, or the milliseconds to reach"
    )
    steps.add_argument(
        "--prune-steps", type=_count, default=400, metavar="N", help="training in each round (default: %(default)s)"
    )
    steps.add_argument("--int8", action=InOrder, nargs=0, help="decide int8 scales on training photos")
    steps.add_argument(
        "--max-drop",
        type=_decibels,
        metavar="0.3dB",
        help="what --int8 may lose: the fewest layers that keep to it stay in float",
    )
    steps.add_argument(
        "--qat",
        nargs="?",
        type=int,
        const=QAT_STEPS,
        metavar="STEPS",
        help="let --int8 train with its roundings in place (default: %(const)s)",
    )
    steps.add_argument("--fp16", action=InOrder, nargs=0, help="round every weight to float16")
    steps.add_argument(
        "--palettize",
        action=InOrder,
        type=int,
        metavar="4|6",
        help="16 or 64 values for the weights of each convolution, which make a small Core ML package",
    )
    student = parser.add_argument_group("training of the student")
    student.add_argument(
        "--learn",
        nargs="+",
        choices=LESSONS,
        default=["targets"],
        help="target pictures (the default), what a teacher paints, the features it paints that of",
    )
    student.add_argument("--teacher", type=Path, metavar="CHECKPOINT", help="default: that of --from")
    student.add_argument("--unpaired", nargs="+", default=[], metavar="DIR", help="more photos, painted by the teacher")
    student.add_argument("--preset", choices=("student", "student-quick"), default="student", help="its recipe")
    student.add_argument("--minutes", type=float, help="wall clock for its training, instead of --steps")
    student.add_argument("--steps", dest="train_steps", type=int)
    student.add_argument("--batch", type=int, help="crops a step")
    student.add_argument("--seed", type=int)
    return parser


def _share(text: str) -> float:
    try:
        share = float(text)
    except ValueError:
        share = 0.0
    if not 0 < share < 1:
        raise UserError(f"--prune: {text}: must be a number between 0 and 1")
    return share


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise UserError(f"--prune-steps: {text}: must be a number, at least 1")
    return int(text)


def _left(share: float | None, budget: Budget | None) -> Budget:
    """What `--prune [share]` leaves."""
    if share and budget:
        raise UserError(f"--budget: {budget}: goes with --prune alone, not --prune {share:g}; leave one of them out")
    return budget or Budget(share=round(1 - (share or PRUNED), 6))


def _decibels(text: str) -> float:
    try:
        return float(text.removesuffix("dB"))
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text}: not a number of decibels; write it as 28dB") from None


if __name__ == "__main__":
    run_command(main)
