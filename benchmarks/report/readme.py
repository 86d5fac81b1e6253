"""python -m benchmarks.report.readme: README's table and pictures and the figures in docs, from records.

It measures nothing; `python -m benchmarks.students --results results` does.
"""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from pix2phone.artefacts import ARTIFACTS, CONVERTED, ROOT, read_json, replacing
from pix2phone.errors import OneLineParser, run_command

if TYPE_CHECKING:
    from benchmarks.records.pivot import Record

# Val and test photos in the public domain: left, top and side of the crop in pixels. Only the face is enlarged.
CROPS = {"astronaut": (148, 24, 150), "scarlet-macaw": (220, 84, 272), "bata-drums": (330, 220, 272)}
PANEL = 272  # pixels a side: three fit README's column at full size
GUTTER, GUTTER_COLOUR = 8, (214, 209, 200)
BLOCKS = {True: "goals", False: "goals-no-dot-products"}  # of docs/students.md, by kind of processor


def main() -> None:
    """Parse, write tables and pictures, print the paths."""
    parser = OneLineParser(prog="python -m benchmarks.report.readme", description=__doc__)
    parser.add_argument(
        "--from",
        dest="folder",
        type=Path,
        default=ARTIFACTS / "shipped",
        metavar="DIR",
        help="the shipped model's converted.json and model-int8.tflite (default: %(default)s)",
    )
    parser.add_argument("--results", type=Path, default=ROOT / "results", metavar="DIR", help="the students' records")
    parser.add_argument(
        "--readme", type=Path, default=Path("README.md"), help="its docs lie beside it; default: %(default)s"
    )
    args = parser.parse_args()
    from benchmarks.report import first_table
    from benchmarks.report.tables import parity_markdown
    from benchmarks.students import records
    from pix2phone.markdown import put_between_marks
    from pix2phone.pictures import write_picture

    docs = args.readme.parent / "docs"
    found = records.read_records(args.results)
    put_between_marks(args.readme, "results", first_table.markdown(found))
    put_between_marks(docs / "convert.md", "parity", parity_markdown(read_json(args.folder / CONVERTED.name)["rows"]))
    write_picture(docs / "before-after.jpg", before_after(args.folder / "model-int8.tflite"))
    _write_students(docs, found)
    print(f"wrote {args.readme}, and in {docs}: students.md, convert.md, front.svg, before-after.jpg")


def _write_students(docs: Path, found: "dict[bool, Record]") -> None:
    """Write a block of students.md for each kind of processor, and the front of the record shown in README."""
    from benchmarks.students import front, goal_table, records
    from pix2phone.markdown import put_between_marks

    for kind, block in BLOCKS.items():
        text = goal_table.markdown(found[kind]) if kind in found else "Not run."
        put_between_marks(docs / "students.md", block, text)
    with replacing(docs / "front.svg") as temporary:
        temporary.write_text(front.picture(records.choose(found)) or "", encoding="utf-8")


def before_after(model: Path) -> np.ndarray:
    """`CROPS` side by side, uint8 H x W x 3; below each, the painting of the file `model` in its own runtime."""
    from PIL import Image

    from convert.runtimes.open import open_runtime
    from pix2phone.pictures import read_picture
    from train.data.photos import builtin

    files = {path.stem: path for path in builtin("held-out")}
    runtime = open_runtime(model)
    step = PANEL + GUTTER
    sheet = Image.new("RGB", (len(CROPS) * step - GUTTER, 2 * step - GUTTER), GUTTER_COLOUR)
    for column, (name, (left, top, side)) in enumerate(CROPS.items()):
        photo = read_picture(files[name])
        for line, picture in enumerate((photo, runtime(photo))):  # the whole photo is painted, as in an app
            shown = Image.fromarray(picture).crop((left, top, left + side, top + side))
            sheet.paste(shown.resize((PANEL, PANEL), Image.Resampling.LANCZOS), (column * step, line * step))
    return np.array(sheet)


if __name__ == "__main__":
    run_command(main)
