"""python -m convert.run [MODEL] PHOTO_OR_FOLDER...: pictures of any size through any artefact, in its own runtime.

A photo's colour profile, EXIF, resolution and transparency are kept in its painting.
"""

import argparse
import errno
import itertools
import time
from pathlib import Path
from typing import TYPE_CHECKING

from pix2phone import artefacts
from pix2phone.errors import OneLineParser, UserError, run_command
from pix2phone.external.convention import add_flags, said
from pix2phone.limits import MEGABYTES_EACH, MOST_MEGAPIXELS

if TYPE_CHECKING:
    from convert.runtimes.base import Runtime

PAINTED = artefacts.ARTIFACTS / "painted"
CONVERTED = ("model-float32.tflite", "model-float16.tflite", "model-int8.tflite", "model.onnx", "model-int8.onnx")
# Errors of the folder, not of one photo.
NO_PLACE = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM, errno.ENOTDIR, errno.EEXIST)


def split_model(paths: list[Path]) -> tuple[Path, list[Path]]:
    """The network's file, if `paths` contains one, else the newest artefact or the shipped one; and the other paths."""
    from convert.foreign import SUFFIXES as FOREIGN
    from convert.runtimes.open import SUFFIXES
    from pix2phone.external.formats import CODELESS

    networks = [path for path in paths if path.suffix.lower() in {*SUFFIXES, *FOREIGN, *CODELESS}]
    if len(networks) > 1:
        raise UserError(f"{networks[1]}: a second network after {networks[0]}; one paints at a time")
    model = networks[0] if networks else artefacts.newest(*(artefacts.ARTIFACTS / name for name in CONVERTED))
    photos = [path for path in paths if path not in networks]
    if not photos:
        raise UserError(f"{model}: no photo named beside it; name pictures or a folder of them")
    return model, photos


def expand(paths: list[Path]) -> list[Path]:
    """The pictures at `paths`, folders replaced by the pictures directly in them, each once."""
    from pix2phone.pictures import list_pictures

    found = [photo for path in paths for photo in (list_pictures(path) if _is_folder(path) else [path])]
    return list({photo.resolve(): photo for photo in found}.values())


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except OSError:  # a name too long for the file system: reading it reports the error
        return False


def name_outputs(photos: list[Path], out: Path) -> dict[Path, Path]:
    """Output path of each painted photo: its own name, numbered if an earlier one has it.

    JPEG stays JPEG, and HEIC, also lossy, becomes JPEG; all else is written as PNG. Raises UserError if a
    result would replace one of the photos.
    """
    from pix2phone.kept import JPEG
    from pix2phone.pictures import HEIC, name_key

    def key(path: Path) -> tuple[Path, str]:  # some file systems ignore case, or Unicode forms of é
        return path.parent, name_key(path) + path.suffix.lower()

    originals = {key(photo.resolve()) for photo in photos}
    outputs: dict[Path, Path] = {}
    taken: set[tuple[Path, str]] = set()
    for photo in photos:
        kind = photo.suffix.lower()
        suffix = photo.suffix if kind in JPEG else ".jpg" if kind in HEIC else ".png"
        endings = itertools.chain([""], (f"-{number}" for number in itertools.count(2)))
        named = (out / f"{photo.stem}{ending}{suffix}" for ending in endings)
        output = next(path for path in named if key(path) not in taken)
        taken.add(key(output))
        if key(output.resolve()) in originals:
            raise UserError(f"--out: {out}: {output.name} would replace the photo itself; name another folder")
        outputs[photo] = output
    return outputs


def paint_all(runtime: "Runtime", outputs: dict[Path, Path], megapixels: float, strip: bool) -> tuple[float, list[str]]:
    """Paint every readable photo, listing first those painted by tiles.

    Returns the seconds spent in the network, and a line for each photo that could not be read or written.
    """
    from pix2phone.console import say, track
    from pix2phone.kept import Kept
    from pix2phone.pictures import read_whole, write_picture

    seconds, bad = 0.0, []
    for photo, output in track(outputs.items(), "painting", len(outputs)):
        try:
            picture, kept = read_whole(photo, megapixels)
            if plan := runtime.plan(*picture.shape[:2]):
                sides = "x".join(map(str, plan.sides))
                say(f"{output.name}: {plan.total} tiles of {sides}, overlapping by at least {plan.overlap} px")
            started = time.perf_counter()
            painted = runtime(picture)
            seconds += time.perf_counter() - started
            del picture  # frees the memory of a large one for Pillow's writer
            write_picture(output, painted, Kept(kept.alpha) if strip else kept)
        except UserError as error:
            bad.append(str(error) if str(photo) in str(error) else f"{photo}: {error}")
        except OSError as error:
            if error.errno in NO_PLACE:
                raise
            bad.append(f"{output}: cannot be written ({error.strerror}); rename the photo")
    return seconds, bad


def main() -> None:
    """Parse, paint, print the paths of the pictures."""
    args = _parser().parse_intermixed_args()
    from pix2phone.console import hush, say

    hush()
    from convert.runtimes.painters import open_painter

    model, paths = split_model(args.paths)
    outputs = name_outputs(expand(paths), args.out)
    runtime = open_painter(model, said(args, "--"))
    say(f"{model} in {runtime.name}")
    seconds, bad = paint_all(runtime, outputs, args.max_megapixels, args.strip)
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
        help="pictures and folders of them; a path that is a model file (.tflite, .onnx, .mlpackage, .safetensors) "
        "paints them, else the newest converted file does, else the shipped model",
    )
    parser.add_argument("--out", type=Path, default=PAINTED, metavar="DIR", help="default: %(default)s")
    parser.add_argument(
        "--strip", action="store_true", help="leave out the photo's colour profile (the picture is sRGB), EXIF and dpi"
    )
    parser.add_argument(
        "--max-megapixels",
        type=float,
        default=MOST_MEGAPIXELS,
        metavar="N",
        help=f"refuse larger pictures: each megapixel takes {MEGABYTES_EACH} MB of memory; default: %(default)g",
    )
    add_flags(parser.add_argument_group("inputs and outputs of a model not made here, unless inferred"), "--")
    return parser


if __name__ == "__main__":
    run_command(main)
