"""python -m convert: a checkpoint to Core ML, LiteRT and ONNX files, each compared with torch before it is kept."""

import argparse
from pathlib import Path

from convert.plan.apps import APPS, is_wanted
from pix2phone import artefacts
from pix2phone.errors import OneLineParser, UserError, run_command
from pix2phone.external.convention import Convention, add_flags, said

TARGETS = ("coreml", "tflite", "onnx")


def main() -> None:
    """Parse, convert, print the results."""
    args = _parser().parse_args()
    targets = choose_targets(args.target)
    if not is_wanted("coreml", targets) and (args.ios or args.flexible):
        flag = f"--ios: {args.ios}" if args.ios else "--flexible"
        raise UserError(f"{flag}: goes with --target coreml, which is not among {' '.join(targets)}")
    from pix2phone.console import hush, muted, say

    hush()
    with muted():
        from convert.command import convert
        from convert.coreml.write import IOS
        from convert.foreign import SUFFIXES
        from convert.plan.model_card import Author
        from convert.plan.options import ConvertOptions
        from convert.sizes import parse_size

    sizes = list(dict.fromkeys(map(parse_size, args.sizes)))
    source = args.source or artefacts.newest(artefacts.COMPRESSED, artefacts.TRAINED)
    network = said(args, "--")
    if network != Convention() and source.suffix.lower() not in SUFFIXES:
        raise UserError(f"{network.typed}: goes with a network not trained here; {source} has its own convention")
    say(f"converting {source}")
    author = Author(args.author, args.licence)
    ios = args.ios or IOS
    convert(source, ConvertOptions(targets, sizes, ios, args.flexible, author, args.keep_failed, network), args.out)


def choose_targets(names: list[str]) -> list[str]:
    """The targets among `names`, in the order of `TARGETS` and `APPS`; "all" stands for all of `TARGETS`."""
    for name in names:
        if name not in (*TARGETS, *APPS, "all"):
            raise UserError(f"--target: {name!r}: unknown; use {', '.join((*TARGETS, *APPS))} or all")
    return [name for name in (*TARGETS, *APPS) if name in names or ("all" in names and name in TARGETS)]


def _parser() -> argparse.ArgumentParser:
    parser = OneLineParser(prog="python -m convert", description=__doc__)
    default = f"the newer of {artefacts.COMPRESSED} and {artefacts.TRAINED}, else the shipped model"
    help = (
        "or what fastai's learn.save wrote of a dynamic U-Net (.pth), or any picture network, .onnx or TorchScript "
        f"(.pt, .pth, .ts, .torchscript); default: {default}"
    )
    parser.add_argument("--from", dest="source", type=Path, metavar="CHECKPOINT", help=help)
    parser.add_argument(
        "--target",
        nargs="+",
        default=["all"],
        metavar="TARGET",
        help=f"{', '.join(TARGETS)} or all (the default); {' or '.join(APPS)}: only the files that demo takes, "
        "put into the app where it is one",
    )
    parser.add_argument(
        "--sizes",
        nargs="+",
        default=[],
        metavar="SIZE",
        help="sizes that files are made for and checked at, 512 or 720x1280 (height x width); default: those of live "
        "video for a light network, else 256 and 512",
    )
    parser.add_argument("--ios", type=int, choices=(15, 16, 17, 18), help="Core ML: the oldest it runs on; default: 16")
    parser.add_argument(
        "--flexible", action="store_true", help="Core ML: any size, which costs the Neural Engine at all but one"
    )
    for flags in (("--author",), ("--licence", "--license")):
        parser.add_argument(*flags, default="not stated", help="written into every file; default: %(default)s")
    parser.add_argument("--keep-failed", action="store_true", help="keep a refused file as NAME.failed.SUFFIX")
    parser.add_argument("--out", type=Path, default=artefacts.ARTIFACTS, metavar="DIR", help="default: %(default)s")
    foreign = parser.add_argument_group("inputs and outputs of a network not trained here, unless inferred")
    add_flags(foreign, "--")
    return parser


if __name__ == "__main__":
    run_command(main)
