"""python -m benchmarks.report [DIR]: the page and the Markdown again, from benchmarks.json and its pictures alone."""

import argparse
import base64
import io
from pathlib import Path
from typing import Any

from benchmarks import tables
from benchmarks.tables import Record
from pix2phone.artefacts import ARTIFACTS, BENCHMARKS, read_json, replacing
from pix2phone.errors import run_command

PAGE, MARKDOWN = "report.html", "report.md"
TEMPLATES = Path(__file__).parent / "templates"
JPEG_QUALITY = 85
WIDE, NARROW = (8.6, 4.9), (4.6, 5.2)  # inches; one drawing for the desk, one for the phone
WIDE_CURVE, NARROW_CURVE = (8.6, 3.2), (4.6, 5.6)


def write(folder: Path) -> None:
    """Write page and Markdown into `folder` from its benchmarks.json. UserError when that is missing or broken."""
    record = read_json(folder / BENCHMARKS.name)
    for name, text in ((PAGE, page(record, folder / "pictures")), (MARKDOWN, tables.markdown(record))):
        with replacing(folder / name) as temporary:
            temporary.write_text(text, encoding="utf-8")


def page(record: Record, pictures: Path) -> str:
    """One HTML page that needs nothing else: styles, plots and pictures are inside."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    lines, shown, found = tables.lines(record), strips(record, pictures), tables.headline(record)
    return environment.get_template("report.html").render(
        record=record,
        summary=summary(record),
        strips=shown,
        hero=(shown[0]["panels"][0], shown[0]["panels"][-1]) if found and shown else None,
        plots=plots(record),
        columns=tables.columns(record),
        groups=[(title, [line for line in lines if line.group == group]) for group, title in tables.GROUPS.items()],
        conditions=tables.conditions(record),
        table_2=tables.table_2(record),
        size_text=tables.size_text,
    )


def summary(record: Record) -> dict[str, Any]:
    """The figures of the first paragraph, as text; without a made row only its `size`."""
    found = tables.headline(record)
    size = tables.headline_size(record)
    if found is None:
        return {"size": size, "row": None}
    row = found[0]
    taken, figures = row["times"][size], row.get("fidelity")
    papers = [other for other in record["rows"] if other["group"] == "paper" and size in other["times"]]
    baseline = next((other["fidelity"] for other in record["rows"] if other["group"] == "baseline"), None)
    return {
        "size": size,
        "row": row,
        "name": f"{row['precision']} {tables.NAMES.get(row['model'], row['model'])}",
        "bytes": tables.size_text(row["bytes"]),
        "time": tables.time_text(taken["mean"]),
        "ratio": tables.ratio_text(taken["ratio"]),
        "paper": papers[0] if papers else None,
        "paper_time": tables.time_text(papers[0]["times"][size]["mean"]) if papers else "",
        "paper_bytes": tables.size_text(papers[0]["bytes"]) if papers else "",
        "psnr": f"{figures['psnr']:.1f}" if figures else "",
        "baseline": f"{baseline['psnr']:.1f}" if baseline else "",
    }


def strips(record: Record, pictures: Path) -> list[dict[str, Any]]:
    """For each shown photo its columns: photo, target, then what the networks painted of it."""
    columns = _painters(record)
    shown = []
    for photo in record["held_out"]["shown"]:
        name = photo["name"]
        panels = [("photo", _photo_row(record)["pictures"][name], None), ("target", photo["target"], None)]
        panels += [(label, row["pictures"][name], _score(row, name)) for label, row in columns]
        cells = [
            {"label": label, "note": f"{score:.1f} dB" if score else "", "data": _data_uri(pictures / file)}
            for label, file, score in panels
        ]
        shown.append({"name": name.replace("-", " ").replace("_", " "), "credit": photo["credit"], "panels": cells})
    return shown


def _photo_row(record: Record) -> Record:
    return next(row for row in record["rows"] if row["group"] == "baseline")


def _painters(record: Record) -> list[tuple[str, Record]]:
    """The rows worth seeing: a U-Net trained here, the float file, the int8 file; the first of each kind."""
    made = [row for row in record["rows"] if row["group"] == "made" and row.get("pictures") and row["device"] == "cpu"]
    chosen: dict[tuple[str, str], Record] = {}
    # What ships rather than what it was made of.
    for row in sorted(made, key=lambda row: (row["runtime"] != "LiteRT", row["precision"] == "float16")):
        kind = "int8" if "int8" in row["precision"] else "float"
        if (row["model"], kind) not in chosen:
            chosen[row["model"], kind] = row
    order = sorted(chosen.values(), key=lambda row: (not row["model"].startswith("unet"), "int8" in row["precision"]))
    return [(f"{tables.name(row)} · {row['runtime']}", row) for row in order]


def _score(row: Record, name: str) -> float | None:
    return next((photo["psnr"] for photo in row["fidelity"]["photos"] if photo["name"] == name), None)


def _data_uri(path: Path) -> str:
    from PIL import Image

    from pix2phone.pictures import read_picture

    buffer = io.BytesIO()
    Image.fromarray(read_picture(path)).save(buffer, "JPEG", quality=JPEG_QUALITY, optimize=True)
    return f"data:image/jpeg;base64,{base64.b64encode(buffer.getvalue()).decode()}"


def plots(record: Record) -> dict[str, tuple[str, str] | None]:
    """Each plot in a wide and a narrow drawing; None where there is nothing to draw."""
    from benchmarks.plots import curve_plot, speed_plot

    stages = {row["file"].split(".")[0]: tables.NAMES.get(row["model"], row["model"]) for row in record["rows"] if row.get("file")}
    speed = [speed_plot(record, *size) for size in (WIDE, NARROW)]
    curve = [curve_plot(record["curves"], stages, *size) for size in (WIDE_CURVE, NARROW_CURVE)]
    return {name: (pair[0], pair[1]) if pair[0] and pair[1] else None for name, pair in (("speed", speed), ("curve", curve))}


def print_table(record: Record) -> None:
    """The table on the console, as far as a narrow one holds it; the rest is in page and Markdown."""
    from pix2phone.console import say, table

    lines, shown = tables.lines(record), len(record["protocol"]["sizes"]) + 2
    rows = [(f"{line.name} · {line.runtime}", *map(str, line.cells[:shown])) for line in lines if not line.problem]
    table("in brackets: times faster than the paper's ResNet18 U-Net", ["", *tables.columns(record)[:shown]], rows)
    for line in lines:
        if line.problem:
            say(f"{line.name} ({line.key}): {line.problem}")


def main() -> None:
    """Parse, write, say where."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.report", description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, default=ARTIFACTS, metavar="DIR", help="default: %(default)s")
    folder = parser.parse_args().folder
    write(folder)
    print(f"wrote {folder / PAGE} and {folder / MARKDOWN}")


if __name__ == "__main__":
    run_command(main)
