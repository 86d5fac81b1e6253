"""python -m benchmarks.report [DIR]: regenerate page and Markdown from benchmarks.json and its pictures.

Runs on other devices in the folder get a table each.
"""

from pathlib import Path

from benchmarks.report.render import MARKDOWN, PAGE, write
from pix2phone.artefacts import ARTIFACTS
from pix2phone.errors import OneLineParser, run_command


def main() -> None:
    """Parse, write, print the paths."""
    parser = OneLineParser(prog="python -m benchmarks.report", description=__doc__)
    add = parser.add_argument
    add("folder", nargs="?", type=Path, default=ARTIFACTS, metavar="DIR", help="default: %(default)s")
    add("--devices", nargs="+", type=Path, default=[], metavar="RUN.json", help="runs on phones or in a browser")
    args = parser.parse_args()
    folder = args.folder
    write(folder, args.devices)
    print(f"wrote {folder / PAGE} and {folder / MARKDOWN}")


if __name__ == "__main__":
    run_command(main)
