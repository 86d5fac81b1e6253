"""python -m benchmarks.report [DIR]: the page and the Markdown again, from benchmarks.json and its pictures alone.

With runs on other devices beside it, each in a table of its own.
"""

from pathlib import Path

from benchmarks.report.render import MARKDOWN, PAGE, write
from pix2phone.artefacts import ARTIFACTS
from pix2phone.errors import OneLineParser, run_command


def main() -> None:
    """Parse, write, say where."""
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
