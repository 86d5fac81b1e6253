"""python -m compress.ablation: compares optimisers, losses, crops, scales and kinds of targets on one small student.

Every setting trains the student from the same seeds on as many pixels, and is judged on the middles of the val
photos. A Markdown table is printed and written; docs/distillation.md holds one. Scores are kept beside it, so that a
killed run goes on where it was.
"""

import argparse
from dataclasses import replace
from pathlib import Path

import numpy as np

from compress.ablation.lab import Lab
from compress.ablation.settings import COLUMNS, row, settings
from compress.teacher import Teacher
from pix2phone.artefacts import ARTIFACTS, replacing
from pix2phone.console import hush, say
from pix2phone.errors import OneLineParser, run_command
from train.config import RECIPES
from train.data.source import Painted
from train.models import STUDENTS


def main() -> None:
    """Parse, train every setting, print and write the table."""
    args = _parser().parse_args()
    hush()
    recipe = replace(RECIPES["student"], model=args.model, crop=128, steps=args.steps, batch=args.batch)
    source = Painted(tuple(args.photos), longest=recipe.longest)
    lab = Lab(source, recipe, Teacher.at(args.teacher) if args.teacher else None, args.out.with_suffix(".json"))
    columns = ["learnt", "photos with targets", "optimiser, rate", "loss", "crop", "scales", *COLUMNS]
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
