"""python -m compress: a trained network in, a small one for phones out, with what it lost."""

import argparse
from pathlib import Path

from pix2phone.artefacts import COMPRESSED, TRAINED, checkpoint_path, newest
from pix2phone.errors import OneLineParser, UserError, run_command
from train.config import RECIPES


def main() -> None:
    """Parse, take the steps in order, write the checkpoint, print what each step cost."""
    args = _parser().parse_args()
    if not (args.student or args.int8):
        raise UserError("compress: no step asked for; give --student, --int8 or both")
    recipe = RECIPES[args.preset].with_flags(
        model=args.student, minutes=args.minutes, steps=args.steps, batch=args.batch, seed=args.seed
    )
    from compress.command import compress

    compress(args.from_ or newest(TRAINED), args.out, recipe if args.student else None, args.int8)


def _parser() -> argparse.ArgumentParser:
    parser = OneLineParser(prog="python -m compress", description=__doc__)
    parser.add_argument("--from", dest="from_", type=Path, metavar="CHECKPOINT", help="default: the newest trained one")
    parser.add_argument(
        "--out", type=checkpoint_path, default=COMPRESSED, help="checkpoint to write (default: %(default)s)"
    )
    parser.add_argument("--int8", action="store_true", help="decide int8 scales on training photos")
    student = parser.add_argument_group("student: a small network trained on the same pairs")
    student.add_argument("--student", nargs="?", const="small", metavar="NAME", help="which (default: %(const)s)")
    student.add_argument("--preset", choices=("student", "student-quick"), default="student", help="its recipe")
    student.add_argument("--minutes", type=float, help="wall clock for its training, instead of --steps")
    student.add_argument("--steps", type=int)
    student.add_argument("--batch", type=int, help="crops a step")
    student.add_argument("--seed", type=int)
    return parser


if __name__ == "__main__":
    run_command(main)
