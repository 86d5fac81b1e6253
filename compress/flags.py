"""The flags of `python -m compress`, and which of them go together."""

import argparse
import math
from pathlib import Path
from typing import Any

from compress.budget import parse_budget
from pix2phone.artefacts import COMPRESSED, checkpoint_path
from pix2phone.errors import OneLineParser, UserError
from pix2phone.external.convention import add_flags
from pix2phone.external.formats import TORCHSCRIPT, is_learner

PRUNED, PRUNE_STEPS, QAT_STEPS = 0.5, 400, 400
LESSONS = ("targets", "outputs", "features")


class InOrder(argparse.Action):
    """Keeps the steps in the order in which their flags were given: `namespace.steps` is a list of (name, value)."""

    def __call__(self, parser: Any, namespace: argparse.Namespace, value: Any, option: str | None = None) -> None:
        namespace.steps.append((self.dest, value))


def parse(description: str | None) -> argparse.Namespace:
    """The command line, with `steps` as `InOrder` gives them. UserError for flags that do not go together."""
    args = _parser(description).parse_args(namespace=argparse.Namespace(steps=[]))
    asked = dict(args.steps)
    if args.auto:
        if asked or not args.budget or args.budget.ms is None:
            raise UserError("--auto: goes with --budget 5ms@512, and without steps: it takes --distill and --int8")
        asked = {"distill": None, "int8": None}
    for flag, given, owner in (
        ("--max-drop", args.max_drop is not None, "int8"),
        ("--qat", args.qat is not None, "int8"),
        ("--budget", not args.auto and args.budget, "prune"),
        ("--learn", args.learn != ["targets"], "distill"),
        ("--teacher", args.teacher, "distill"),
        ("--unpaired", args.unpaired, "distill"),
    ):
        if given and owner not in asked:
            raise UserError(f"{flag}: goes with --{owner}; add it or leave this out")
    _check_foreign(args, asked)
    if not asked:
        raise UserError("compress: no step asked for; python -m compress --help lists them")
    for share in (value for name, value in args.steps if name == "prune" and value and args.budget):
        raise UserError(f"--budget: {args.budget}: goes with --prune alone, not --prune {share:g}")
    return args


def _check_foreign(args: argparse.Namespace, asked: dict[str, Any]) -> None:
    """UserError unless a network not trained here comes with photos, and for int8 alone."""
    if args.from_ and is_learner(args.from_):
        remedy = f"python -m train --begin {args.from_} --model unet-resnet18 --pairs DIR makes a checkpoint that has"
        raise UserError(f"--from: {args.from_}: fastai's file holds no pairs to choose by; {remedy} them")
    if not is_foreign(args.from_):
        if args.photos:
            raise UserError("--photos: goes with --from NETWORK, .onnx or TorchScript; a checkpoint brings its own")
        return
    if list(asked) != ["int8"] or args.qat:
        raise UserError(f"--from: {args.from_}: not trained here, which takes --int8 and --max-drop alone")
    if not args.photos:
        raise UserError(f"--from: {args.from_}: not trained here; name folders of photos for it with --photos")


def is_foreign(path: Path | None) -> bool:
    """Whether `path` names a network that was not trained here."""
    return path is not None and path.suffix.lower() in (".onnx", *TORCHSCRIPT) and not is_learner(path)


def _parser(description: str | None) -> argparse.ArgumentParser:
    parser = OneLineParser(prog="python -m compress", description=description)
    parser.add_argument(
        "--from",
        dest="from_",
        type=Path,
        metavar="CHECKPOINT",
        help="or, for --int8 with --photos, a network not "
        "trained here, .onnx or TorchScript, whose operators are known; default: the newest trained one",
    )
    parser.add_argument(
        "--photos",
        nargs="+",
        default=[],
        metavar="DIR",
        help="photos to calibrate a network not trained here",
    )
    parser.add_argument(
        "--out", type=checkpoint_path, default=COMPRESSED, help="checkpoint to write (default: %(default)s)"
    )
    parser.add_argument("--auto", action="store_true", help="try students for the best one within --budget 5ms@512")
    parser.add_argument(
        "--floor", type=_decibels, metavar="28dB", help="stop when a step leaves less PSNR than this on val photos"
    )
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
        help=f"take this share of the multiply-accumulates (default: {PRUNED}), or the nearest to it that whole blocks "
        "of channels allow, which is said first",
    )
    steps.add_argument(
        "--budget",
        type=parse_budget,
        metavar="40%|5ms@512",
        help="what --prune leaves, or milliseconds of this processor",
    )
    steps.add_argument(
        "--prune-steps",
        type=_count,
        default=PRUNE_STEPS,
        metavar="N",
        help="training in each round (default: %(default)s)",
    )
    steps.add_argument("--int8", action=InOrder, nargs=0, help="decide int8 scales on training photos")
    steps.add_argument(
        "--max-drop",
        type=_decibels,
        metavar="0.3dB",
        help="what --int8 may lose on val photos: the fewest layers that keep to it stay in float",
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
    foreign = parser.add_argument_group("what a network not trained here takes and gives, where it does not show")
    add_flags(foreign, "--")
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


def _decibels(text: str) -> float:
    try:
        if math.isnan(found := float(text.removesuffix("dB"))):
            raise ValueError
        return found
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text}: not a number of decibels; write it as 28dB") from None
