"""python -m compress: a trained network in, a small one for phones out, with what each step cost."""

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pix2phone.artefacts import COMPRESSED, TRAINED, checkpoint_path, newest
from pix2phone.errors import OneLineParser, UserError, run_command
from train.config import RECIPES


class InOrder(argparse.Action):
    """Keeps the steps in the order in which their flags were given: `namespace.steps` is a list of (name, value)."""

    def __call__(self, parser: Any, namespace: argparse.Namespace, value: Any, option: str | None = None) -> None:
        namespace.steps = [*(getattr(namespace, "steps", None) or []), (self.dest, value)]


def main() -> None:
    """Parse, take the steps in order, write the checkpoint, print what each step cost."""
    args = _parser().parse_args()
    asked: list[tuple[str, Any]] = getattr(args, "steps", None) or []
    if not asked:
        raise UserError("compress: no step asked for; give --distill, --int8 or both")
    from pix2phone.console import hush

    hush()
    from compress.command import compress
    from compress.distill import Distill
    from compress.int8 import Int8
    from compress.steps import Step
    from convert.cost import litert_cost

    recipe = RECIPES[args.preset].with_flags(
        minutes=args.minutes, steps=args.train_steps, batch=args.batch, seed=args.seed
    )
    makers: dict[str, Callable[[Any], Step]] = {
        "distill": lambda name: Distill(recipe.with_flags(model=name)),
        "int8": lambda _: Int8(),
    }
    steps = [makers[name](value) for name, value in asked]
    compress(args.from_ or newest(TRAINED), args.out, steps, litert_cost, args.floor)


def _parser() -> argparse.ArgumentParser:
    parser = OneLineParser(prog="python -m compress", description=__doc__)
    parser.add_argument("--from", dest="from_", type=Path, metavar="CHECKPOINT", help="default: the newest trained one")
    parser.add_argument(
        "--out", type=checkpoint_path, default=COMPRESSED, help="checkpoint to write (default: %(default)s)"
    )
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
    steps.add_argument("--int8", action=InOrder, nargs=0, help="decide int8 scales on training photos")
    student = parser.add_argument_group("training of the student")
    student.add_argument("--preset", choices=("student", "student-quick"), default="student", help="its recipe")
    student.add_argument("--minutes", type=float, help="wall clock for its training, instead of --steps")
    student.add_argument("--steps", dest="train_steps", type=int)
    student.add_argument("--batch", type=int, help="crops a step")
    student.add_argument("--seed", type=int)
    return parser


def _decibels(text: str) -> float:
    try:
        return float(text.removesuffix("dB"))
    except ValueError:
        raise UserError(f"--floor: {text}: not a number of decibels; write 28dB") from None


if __name__ == "__main__":
    run_command(main)
