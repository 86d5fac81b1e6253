"""python -m benchmarks.readme: README's results, its pictures, and the parity of files again, from what was made."""

from functools import partial
from pathlib import Path

import numpy as np

from benchmarks.marks import put_between_marks
from pix2phone.artefacts import ARTIFACTS, BENCHMARKS
from pix2phone.errors import OneLineParser, run_command

PHOTOS = ("astronaut", "red-panda", "neuschwanstein")  # held out, and in the public domain or CC0
PANEL, CENTRE = (
    (528, 416),
    (0.5, 0.1),
)  # width, height, cropped round heads: photos above, what the file makes of them below
GUTTER, GUTTER_COLOUR = 8, (214, 209, 200)


def main() -> None:
    """Parse, write the table and the pictures, say where."""
    parser = OneLineParser(prog="python -m benchmarks.readme", description=__doc__)
    parser.add_argument(
        "--from",
        dest="folder",
        type=Path,
        default=ARTIFACTS,
        metavar="DIR",
        help="folder of benchmarks.json and model-int8.tflite (default: %(default)s)",
    )
    parser.add_argument("--readme", type=Path, default=Path("README.md"), help="default: %(default)s")
    args = parser.parse_args()
    from benchmarks.by_system import by_system
    from benchmarks.pareto import speed_figure
    from benchmarks.report import SPEED_SIZES
    from benchmarks.schema import read_run
    from benchmarks.svg import write_png
    from benchmarks.tables import markdown, parity_markdown
    from pix2phone.pictures import write_picture

    names = ("before-after.jpg", "pareto.png", "convert.md")
    picture, front, parity = (args.readme.parent / "docs" / name for name in names)
    record = by_system(read_run(args.folder / BENCHMARKS.name))
    put_between_marks(args.readme, "results", markdown(record))
    put_between_marks(parity, "parity", parity_markdown(record))
    write_picture(picture, before_after(args.folder / "model-int8.tflite"))
    write_png(partial(speed_figure, record, *SPEED_SIZES[0]), front)
    print(f"wrote {args.readme}, {parity}, {picture} and {front}")


def before_after(model: Path) -> np.ndarray:
    """`PHOTOS` side by side, uint8 H x W x 3; under each, what the file `model` makes of it in its own runtime."""
    from PIL import Image, ImageOps

    from convert.runtimes.open import open_runtime
    from pix2phone.pictures import read_picture
    from train.data.photos import builtin

    files = {path.stem: path for path in builtin("held-out")}
    runtime = open_runtime(model)
    width, height = PANEL
    sheet = Image.new("RGB", (len(PHOTOS) * (width + GUTTER) - GUTTER, 2 * height + GUTTER), GUTTER_COLOUR)
    for index, name in enumerate(PHOTOS):
        photo = ImageOps.fit(
            Image.fromarray(read_picture(files[name])), PANEL, Image.Resampling.LANCZOS, centering=CENTRE
        )
        sheet.paste(photo, (index * (width + GUTTER), 0))
        sheet.paste(Image.fromarray(runtime(np.array(photo))), (index * (width + GUTTER), height + GUTTER))
    return np.array(sheet)


if __name__ == "__main__":
    run_command(main)
