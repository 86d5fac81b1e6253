"""python -m benchmarks.report [DIR]: the page and the Markdown again, from benchmarks.json and its pictures alone."""

import base64
import io
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.paper import SIZES
from pix2phone.artefacts import ARTIFACTS, BENCHMARKS, replacing
from pix2phone.errors import OneLineParser, run_command

if TYPE_CHECKING:
    from benchmarks.words import Record

PAGE, MARKDOWN = "report.html", "report.md"
TEMPLATES = Path(__file__).parent / "templates"
JPEG_QUALITY = 85
# Inches: each plot is drawn twice, for the desk and for the phone.
SPEED_SIZES = ((8.6, 4.9), (4.6, 5.2))
CURVE_SIZES = ((8.6, 3.2), (4.6, 5.6))


def write(folder: Path) -> None:
    """Write page and Markdown into `folder` from its benchmarks.json. UserError when that is missing or broken."""
    from benchmarks.by_system import by_system
    from benchmarks.schema import read_run
    from benchmarks.tables import markdown

    record = by_system(read_run(folder / BENCHMARKS.name))
    for name, text in ((PAGE, page(record, folder / "pictures")), (MARKDOWN, markdown(record))):
        with replacing(folder / name) as temporary:
            temporary.write_text(text, encoding="utf-8")


def page(record: "Record", pictures: Path) -> str:
    """One HTML page that needs nothing else: styles, plots and pictures are inside."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    from benchmarks import tables, words

    options: dict[str, Any] = {"autoescape": True, "trim_blocks": True, "lstrip_blocks": True}
    environment = Environment(loader=FileSystemLoader(TEMPLATES), undefined=StrictUndefined, **options)
    lines = tables.lines(record)
    return environment.get_template("report.html").render(
        record=record,
        summary=words.summary(record),
        conditions=words.conditions(record),
        threads=words.threads_text(record),
        size_text=words.size_text,
        decibels=words.decibels,
        matrix=tables.matrix(record),
        strips=strips(record, pictures),
        plots=plots(record),
        columns=tables.columns(record),
        groups=[(title, [line for line in lines if line.group == group]) for group, title in tables.GROUPS.items()],
        table_2=tables.table_2(record),
    )


def strips(record: "Record", pictures: Path) -> list[dict[str, Any]]:
    """For each shown photo its name, credit and panels: photo, target, then what the networks painted of it."""
    from benchmarks.words import name

    untouched = next(row for row in record["rows"] if row["group"] == "baseline")
    shown = []
    for photo in record["held_out"]["shown"]:
        file = photo["name"]
        panels = [_panel("photo", pictures / untouched["pictures"][file]), _panel("target", pictures / photo["target"])]
        for row in _painters(record):
            score = next(entry["psnr"] for entry in row["fidelity"]["photos"] if entry["name"] == file)
            label = f"{name(row)} · {row['runtime']}"
            panels.append(_panel(label, pictures / row["pictures"][file], f"{score:.1f} dB"))
        title = file.replace("-", " ").replace("_", " ")
        shown.append({"name": title, "credit": photo["credit"], "panels": panels})
    return shown


def _painters(record: "Record") -> list["Record"]:
    """The rows worth seeing: a U-Net trained here, the float file, the int8 file; the first of each kind."""
    made = [row for row in record["rows"] if row["group"] == "made" and row.get("pictures") and row["device"] == "cpu"]
    # What ships rather than what it was made of.
    made.sort(key=lambda row: (row["runtime"] != "LiteRT", row["precision"] not in ("float32", "int8")))
    chosen: dict[tuple[str, bool], Record] = {}
    for row in made:
        chosen.setdefault((row["model"], "int8" in row["precision"]), row)
    return sorted(chosen.values(), key=lambda row: (not row["model"].startswith("unet"), "int8" in row["precision"]))


def _panel(label: str, path: Path, note: str = "") -> dict[str, str]:
    from PIL import Image

    from pix2phone.pictures import read_picture

    buffer = io.BytesIO()
    Image.fromarray(read_picture(path)).save(buffer, "JPEG", quality=JPEG_QUALITY, optimize=True)
    data = base64.b64encode(buffer.getvalue()).decode()
    return {"label": label, "note": note, "data": f"data:image/jpeg;base64,{data}"}


def plots(record: "Record") -> dict[str, Any]:
    """Each plot in its wide and its narrow drawing, empty where there is nothing to draw; runtimes for the key."""
    from benchmarks.plots import curve_plot, judged_rows, speed_plot
    from benchmarks.svg import RUNTIMES, VARIABLES

    present = {row["runtime"] for row in judged_rows(record)}
    return {
        "speed": [svg for size in SPEED_SIZES if (svg := speed_plot(record, *size))],
        "curve": [svg for size in CURVE_SIZES if (svg := curve_plot(record, *size))],
        "key": {runtime: VARIABLES[colour] for runtime, colour in RUNTIMES.items() if runtime in present},
    }


def print_table(record: "Record") -> None:
    """The table on the console, as far as a narrow one holds it; the rest is in page and Markdown."""
    from benchmarks.tables import columns, lines, table_2
    from pix2phone.console import say, table

    shown = len(record["protocol"]["sizes"]) + 2
    rows = [
        (f"{line.name} · {line.runtime}", *map(str, line.cells[:shown])) for line in lines(record) if not line.problem
    ]
    table("in brackets: times faster than the paper's ResNet18 U-Net", ["", *columns(record)[:shown]], rows)
    if record["paper"]:
        heads = ["seconds", "MB", *(f"{device} {size}" for device in ("CPU", "GPU") for size in SIZES)]
        beside = [(label, *map(str, cells)) for label, cells in table_2(record)]
        table("the paper's Table 2, in brackets ours as a share of it", heads, beside)
    for line in lines(record):
        if line.problem:
            say(f"{line.name} ({line.key}): {line.problem}")


def main() -> None:
    """Parse, write, say where."""
    parser = OneLineParser(prog="python -m benchmarks.report", description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, default=ARTIFACTS, metavar="DIR", help="default: %(default)s")
    folder = parser.parse_args().folder
    write(folder)
    print(f"wrote {folder / PAGE} and {folder / MARKDOWN}")


if __name__ == "__main__":
    run_command(main)
