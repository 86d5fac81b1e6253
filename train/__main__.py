"""python -m train: learn a look from pairs, or from a program that paints photos."""

import argparse
from pathlib import Path

from pix2phone.artefacts import TRAINED, checkpoint_path
from pix2phone.errors import OneLineParser, UserError, run_command
from pix2phone.external.convention import add_flags
from train.config import DIRECTIONS, LOSSES, RECIPES
from train.styles.choice import PREFIX


def main() -> None:
    """Parse, train, write the checkpoint, print where it is."""
    args = _parser().parse_args()
    if args.pairs and args.photos:
        raise UserError("--pairs: goes without --photos; ready pairs bring their own photos")
    if args.direction and not args.pairs:
        raise UserError(f"--direction: {args.direction}: goes with --pairs; add it or leave this out")
    recipe = RECIPES[args.preset].with_flags(
        model=args.model,
        loss=args.loss,
        crop=args.crop,
        batch=args.batch,
        lr=args.lr,
        steps=args.steps,
        minutes=args.minutes,
        seed=args.seed,
        # A program paints every scale afresh: finished pairs, enlarged, would teach several stroke widths at once.
        zoom=None if args.pairs else 1.0,
    )
    from pix2phone.console import hush

    hush()
    from train.command import show_augmentation, source_from, train_and_save

    source = source_from(args, recipe)
    if args.show_augmentation:
        show_augmentation(recipe, source, args.show_augmentation)
    else:
        train_and_save(recipe, args.preset, source, args.out, not args.no_pretrained, args.begin)


def _parser() -> argparse.ArgumentParser:
    parser = OneLineParser(prog="python -m train", description=__doc__)
    data = parser.add_argument_group("pairs")
    data.add_argument("--photos", nargs="+", metavar="DIR", help='folders of photos; "builtin" is the built-in set')
    data.add_argument("--style", default="painterly", help="painterly, or an .onnx or .tflite model that paints")
    data.add_argument("--stroke", type=float, help="painterly's stroke width in pixels")
    data.add_argument(
        "--pairs",
        metavar="DIR",
        help="ready pairs: a/ b/ with equal names; trainA/ trainB/ testA/ testB/; side-by-side pictures, there or in "
        "train/ val/ test/. Without these a quarter is held out by name, half of it val, half test",
    )
    data.add_argument("--direction", choices=DIRECTIONS, help="of --pairs, where A is left (default: AtoB)")
    data.add_argument("--skip-bad", action="store_true", help="go on without bad pictures, saying how many")
    model = parser.add_argument_group("inputs and outputs of a model of --style, where they cannot be inferred")
    add_flags(model, PREFIX)
    run = parser.add_argument_group("training")
    run.add_argument("--preset", choices=RECIPES, default="paper", help="which recipe (default: %(default)s)")
    run.add_argument("--model", help="generator (default: the recipe's)")
    run.add_argument("--loss", choices=LOSSES)
    run.add_argument("--begin", type=Path, metavar="CHECKPOINT", help="start from its weights, not at random")
    run.add_argument("--crop", type=int, help="side of the training crops, pixels")
    run.add_argument("--batch", type=int, help="crops a step, on each process")
    run.add_argument("--lr", type=float, help="largest learning rate")
    run.add_argument("--steps", type=int)
    run.add_argument("--minutes", type=float, help="fit the schedule to this much wall clock instead of --steps")
    run.add_argument("--seed", type=int)
    run.add_argument("--no-pretrained", action="store_true", help="use no published weights, neither encoder nor loss")
    run.add_argument("--show-augmentation", type=Path, metavar="PNG", help="picture the augmentation and stop")
    run.add_argument("--out", type=checkpoint_path, default=TRAINED, help="checkpoint to write (default: %(default)s)")
    return parser


if __name__ == "__main__":
    run_command(main)
