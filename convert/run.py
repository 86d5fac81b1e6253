"""python -m convert.run [MODEL] PHOTO_OR_FOLDER...: pictures of any size through any made file, in its own runtime."""

import argparse
import itertools
import time
from pathlib import Path
from typing import TYPE_CHECKING

from pix2phone import artefacts
from pix2phone.errors import OneLineParser, UserError, run_command

if TYPE_CHECKING:
    from convert.runtimes.face import Runtime

PAINTED = artefacts.ARTIFACTS / "painted"
CONVERTED = ("model-float32.tflite", "model-float16.tflite", "model-int8.tflite", "model.onnx", "model-int8.onnx")


def split_model(paths: list[Path]) -> tuple[Path, list[Path]]:
    """The network's file, if one is among `paths`, else the newest made one or the shipped one; and the other paths."""
    from convert.foreign import SUFFIXES as FOREIGN
    from convert.runtimes.open import SUFFIXES
    from train.styles.endings import CODELESS

    networks = [path for path in paths if path.suffix.lower() in {*SUFFIXES, *FOREIGN, *CODELESS}]
    if len(networks) > 1:
        raise UserError(f"{networks[1]}: is a second network, after {networks[0]}; name one, and pictures or a folder")
    if networks:
        model, paths = networks[0], [path for path in paths if path not in networks]
    else:
        model = artefacts.newest(*(artefacts.ARTIFACTS / name for name in CONVERTED))
    if not paths:
        raise UserError(f"{model}: no photo named after it; name pictures or a folder of them")
    return model, paths


def expand(paths: list[Path]) -> list[Path]:
    """The pictures at `paths`, folders replaced by what is directly in them, each once."""
    from pix2phone.pictures import list_pictures

    found = [photo for path in paths for photo in (list_pictures(path) if path.is_dir() else [path])]
    return list({photo.resolve(): photo for photo in found}.values())


def name_outputs(photos: list[Path], out: Path) -> dict[Path, Path]:
    """Where each painted photo goes: its own name, .png unless it is a JPEG, numbered if an earlier one has it.

    Raises UserError where a result would replace one of the photos.
    """
    originals = {photo.resolve() for photo in photos}
    outputs: dict[Path, Path] = {}
    taken: set[str] = set()
    for photo in photos:
        suffix = photo.suffix if photo.suffix.lower() in (".jpg", ".jpeg") else ".png"
        endings = itertools.chain([""], (f"-{number}" for number in itertools.count(2)))
        name = next(name for end in endings if (name := f"{photo.stem}{end}{suffix}").lower() not in taken)
        taken.add(name.lower())  # some file systems take IMG.JPG and img.jpg for one
        outputs[photo] = out / name
        if outputs[photo].resolve() in originals:
            raise UserError(f"--out: {out}: {name} would replace the photo itself; name another folder")
    return outputs


def paint_all(runtime: "Runtime", outputs: dict[Path, Path]) -> tuple[float, list[str]]:
    """Paint every photo that can be read, saying beforehand which go by tiles.

    The seconds spent in the network, and a line for each photo that could not be read.
    """
    from pix2phone.console import say, track
    from pix2phone.pictures import read_picture, write_picture

    seconds, bad = 0.0, []
    for photo, output in track(outputs.items(), "painting", len(outputs)):
        try:
            picture = read_picture(photo)
            if plan := runtime.plan(*picture.shape[:2]):
                sides = "x".join(map(str, plan.sides))
                say(f"{output.name}: {plan.total} tiles of {sides}, overlapping by at least {plan.overlap} px")
            started = time.perf_counter()
            painted = runtime(picture)
            seconds += time.perf_counter() - started
            write_picture(output, painted)
        except UserError as error:
            bad.append(str(error) if str(photo) in str(error) else f"{photo}: {error}")
    return seconds, bad


def main() -> None:
    """Parse, paint, print where the pictures are."""
    args = _parser().parse_args()
    from convert.runtimes.open import open_runtime
    from pix2phone.console import hush, say

    hush()
    model, paths = split_model(args.paths)
    outputs = name_outputs(expand(paths), args.out)
    runtime = open_runtime(model)
    say(f"{model} in {runtime.name}")
    seconds, bad = paint_all(runtime, outputs)
    done = len(outputs) - len(bad)
    if done:
        say(f"{done} painted in {args.out}, {seconds / done:.3f} s each")
    for line in bad[:-1]:
        say(f"error: {line}")
    if bad:
        raise UserError(bad[-1])


def _parser() -> argparse.ArgumentParser:
    parser = OneLineParser(prog="python -m convert.run", description=__doc__)
    parser.add_argument(
        "paths",
        nargs="+",
        type=Path,
        metavar="[MODEL] PHOTO_OR_FOLDER",
        help="pictures and folders of them; a first path that is a model file (.tflite, .onnx, .mlpackage, "
        ".safetensors) paints them, else the newest converted file does, else the shipped model",
    )
    parser.add_argument("--out", type=Path, default=PAINTED, metavar="DIR", help="default: %(default)s")
    return parser


if __name__ == "__main__":
    run_command(main)
