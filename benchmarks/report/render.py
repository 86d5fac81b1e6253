"""Page, Markdown, plots and console tables of one run, from benchmarks.json and its pictures alone."""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pix2phone.artefacts import BENCHMARKS, replacing

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from benchmarks.records.pivot import Record
    from benchmarks.report.other_devices import DeviceTable

PAGE, MARKDOWN = "report.html", "report.md"
PLOTS = {"front": "front.png", "steadiness": "steadiness.png"}
TEMPLATES = Path(__file__).parent / "templates"
# Inches: each plot is drawn twice, for wide screens and for phones.
SPEED_SIZES = ((8.6, 4.9), (4.6, 5.2))
FRONT_SIZES = ((8.6, 4.4), (4.6, 8.0))
STEADY_WIDTHS = (8.6, 4.6)
SUSTAINED_SIZES = ((8.6, 3.0), (4.6, 3.0))
CURVE_SIZES = ((8.6, 3.2), (4.6, 5.6))


def write(folder: Path, devices: Sequence[Path] = ()) -> None:
    """Write page, Markdown and plots as PNG into `folder` from its benchmarks.json and from `devices`, runs on others.

    UserError when one of them is missing or broken.
    """
    from benchmarks.records.pivot import by_system
    from benchmarks.report import other_devices
    from benchmarks.report.plots import steadiness_figure
    from benchmarks.report.svg import write_png
    from benchmarks.report.tables import markdown
    from benchmarks.schema import read_run

    record = by_system(read_run(folder / BENCHMARKS.name))
    found = other_devices.device_tables([read_run(path) for path in devices], record)
    texts = {PAGE: page(record, folder / "pictures", found), MARKDOWN: markdown(record) + other_devices.markdown(found)}
    for name, text in texts.items():
        with replacing(folder / name) as temporary:
            temporary.write_text(text, encoding="utf-8")
    write_png(_front(record)[0], folder / PLOTS["front"])
    write_png(partial(steadiness_figure, record, STEADY_WIDTHS[0]), folder / PLOTS["steadiness"])


def page(record: "Record", pictures: Path, found: "Sequence[DeviceTable]" = ()) -> str:
    """One self-contained HTML page: styles, script, plots and pictures are embedded."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    from benchmarks.report import detail_tables, formatting, other_devices, panels, pareto, reference, tables
    from benchmarks.students import goal_table
    from benchmarks.systems import paper
    from pix2phone import units

    options: dict[str, Any] = {"autoescape": True, "trim_blocks": True, "lstrip_blocks": True}
    environment = Environment(loader=FileSystemLoader(TEMPLATES), undefined=StrictUndefined, **options)
    lines = tables.lines(record)
    return environment.get_template("report.html").render(
        record=record,
        summary=formatting.summary(record),
        about_paper=paper.ABOUT,
        conditions=formatting.conditions(record),
        threads=formatting.threads_text(record),
        bytes_text=units.bytes_text,
        decibels=units.decibels,
        matrix=tables.matrix(record["parity"]["rows"]),
        strips=panels.strips(record, pictures),
        remark=reference.remark(record),
        plots=plots(record),
        several_networks=pareto.has_several_networks(record),
        students_measured=goal_table.when_and_where(students_record(record)),
        columns=tables.columns(record),
        groups=[(title, [line for line in lines if line.group == group]) for group, title in tables.GROUPS.items()],
        other_devices=found,
        apart=other_devices.APART,
        fidelity=detail_tables.fidelity(record),
        profiles=detail_tables.layers(record),
        phones=detail_tables.phones(record),
        sustained=[formatting.label(row, record) for row in record["rows"] if row.get("sustained")],
        table_2=tables.table_2(record),
    )


def plots(record: "Record") -> dict[str, list[str]]:
    """Each plot in its wide and its narrow drawing, empty without data."""
    from benchmarks.report.plots import curve_figure, steadiness_figure, sustained_figure
    from benchmarks.report.svg import draw_svg

    drawn: dict[str, list[Callable[[], Figure | None]]] = {
        "front": _front(record),
        "steady": [partial(steadiness_figure, record, width) for width in STEADY_WIDTHS],
        "sustained": [partial(sustained_figure, record, *size) for size in SUSTAINED_SIZES],
        "curve": [partial(curve_figure, record, *size) for size in CURVE_SIZES],
    }
    return {
        name: [svg for index, draw in enumerate(draws) if (svg := draw_svg(draw, f"{name}-{index}"))]
        for name, draws in drawn.items()
    }


def _front(record: "Record") -> "list[Callable[[], Figure | None]]":
    """Time against fidelity: this run's files if it has several networks, else the shipped students."""
    from benchmarks.report import pareto
    from benchmarks.students import front

    if pareto.has_several_networks(record):
        return [partial(pareto.speed_figure, record, *size) for size in SPEED_SIZES]
    return [partial(front.figure, students_record(record), *size) for size in FRONT_SIZES]


def students_record(record: "Record") -> "Record":
    """The committed run of the shipped students on the kind of processor of `record`, else on the other kind."""
    from benchmarks.students import records

    found = records.read_records()
    return found.get(record["machine"]["dot_products"]) or records.choose(found)


def print_table(record: "Record") -> None:
    """Print the table, as wide as a narrow console allows; page and Markdown have the rest."""
    from benchmarks.report.tables import columns, lines
    from pix2phone.console import say, table

    shown = len(record["protocol"]["sizes"]) + 2
    rows = [
        (f"{line.name} · {line.runtime}", *map(str, line.cells[:shown])) for line in lines(record) if not line.problem
    ]
    title = f"on {record['machine']['processor']}; in brackets: times faster than the paper's ResNet18 U-Net"
    table(title, ["", *columns(record)[:shown]], rows)
    for line in lines(record):
        if line.problem:
            say(f"{line.name} ({line.key}): {line.problem}")


def print_profiles(record: "Record") -> None:
    """Print layer times."""
    from benchmarks.report.detail_tables import layers
    from pix2phone.console import table

    columns = ("layer", "operator", "output", "million MACs", "ms", "share")
    for profile in layers(record):
        title = f"{profile['label']}, {profile['size']} px, {profile['total']}: {profile['method']}"
        keys = ("name", "kind", "shape", "work", "ms", "share")
        table(title, columns, [[line[key] for key in keys] for line in profile["lines"]])
