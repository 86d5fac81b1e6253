"""Plot of time at 512 x 512 against fidelity: every student in float and int8, with the U-Net and two peers."""

from typing import NamedTuple

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from benchmarks.records.pivot import Record
from benchmarks.report.labels import Dot, place
from benchmarks.report.svg import INK, OTHER, QUIET, RUNTIMES, STYLESHEET, new_figure, themed, to_svg
from benchmarks.students.goal_table import reference
from benchmarks.students.timing import SQUARE
from benchmarks.systems.names import NAMES
from pix2phone.units import time_text

SIZE = (9.6, 4.6)  # inches
PANELS = {"psnr": "PSNR against the target, dB", "ssim": "SSIM"}
COLOURS = {"float32": RUNTIMES["torch"], "int8": RUNTIMES["LiteRT"]}
RADIUS = 4.0  # points
PIECES = 8
LINE_TEXT = 0.13  # of the height: space for one line of words


class Point(NamedTuple):
    """A file's time in seconds and its mean score."""

    label: str
    colour: str
    x: float
    y: float


def picture(record: Record) -> str | None:
    """PSNR and SSIM side by side, with colours for light and dark embedded; None when no student was judged."""
    with themed():
        drawn = figure(record, *SIZE)
        return None if drawn is None else _standing_alone(to_svg(drawn, "front"))


def figure(record: Record, width: float, height: float) -> Figure | None:
    """The same, `width` x `height` inches, below each other if upright; None when no student was judged."""
    students = [student for student in record["students"] if student["goals"] and _judged(student)]
    if not students:
        return None
    drawn = new_figure(width, height)
    panels = drawn.subplots(*((1, len(PANELS)) if width > height else (len(PANELS), 1)))
    for axes, (measure, title) in zip(panels, PANELS.items(), strict=True):
        axes.set_title(title, loc="left", fontsize=11, color=INK)
        _draw(axes, students, record, measure)
    return drawn


def _judged(student: Record) -> bool:
    """Whether its files have scores on the photos of the record; one that could not be judged anew has none."""
    return all("means" in row for row in student["files"].values())


def _draw(axes: Axes, students: list[Record], record: Record, measure: str) -> None:
    groups = [_points(student, measure) for student in students]
    unet = _unet(record, measure)
    points = [point for group in groups for point in group] + unet
    lines = [] if unet else [record["unet"]]
    lines += [row for row in record["others"] if row["model"] != record["unet"]["model"] and row["times"]]
    _frame(axes, points, record)
    taken = [piece for group in groups for piece in _link(axes, *group)]
    for point in points:
        axes.scatter([point.x], [point.y], s=3.14 * RADIUS**2, color=point.colour, linewidths=0, zorder=3)
    lines.sort(key=lambda row: row["times"][SQUARE]["mean"])
    for place_from_below, row in enumerate(lines):
        taken += _line(axes, row, LINE_TEXT * place_from_below)
    place(axes, [Dot(point.x, point.y, RADIUS, point.label) for point in points], taken)


def _link(axes: Axes, start: Point, end: Point) -> list[Artist]:
    """A thin line from a float file to its int8 file, in segments, so that labels can avoid it."""
    across, up = np.geomspace(start.x, end.x, PIECES + 1), np.linspace(start.y, end.y, PIECES + 1)
    corners = [slice(index, index + 2) for index in range(PIECES)]
    return [axes.plot(across[part], up[part], color=QUIET, linewidth=0.8, zorder=2)[0] for part in corners]


def _points(student: Record, measure: str) -> list[Point]:
    return [
        Point(
            f"{student['name']} {precision}",
            COLOURS[precision],
            row["times"][SQUARE]["mean"],
            row["means"][measure][0],
        )
        for precision, row in student["files"].items()
    ]


def _unet(record: Record, measure: str) -> list[Point]:
    """The U-Net, if scores of a trained one are available."""
    means, row = reference(record).get("means"), record["unet"]
    return [Point(NAMES[row["model"]], OTHER, row["times"][SQUARE]["mean"], means[measure][0])] if means else []


def _frame(axes: Axes, points: list[Point], record: Record) -> None:
    seconds = [point.x for point in points] + [record["unet"]["times"][SQUARE]["mean"]]
    low, high = min(point.y for point in points), max(point.y for point in points)
    room = max(high - low, 0.01) * 0.35
    axes.set_xscale("log")
    axes.set_xlim(min(seconds) / 2.5, max(seconds) * 2.5)
    axes.set_ylim(low - room, high + room)
    axes.set_xlabel(f"time for one picture of 512 × 512 px, {record['protocol']['threads']} threads")
    axes.xaxis.set_major_formatter(lambda value, _: f"{value * 1000:g} ms" if value < 1 else f"{value:g} s")
    axes.xaxis.set_minor_formatter("")
    axes.grid(axis="y", linewidth=0.6)
    axes.tick_params(length=0)


def _line(axes: Axes, row: Record, up: float) -> list[Artist]:
    """A line at the time of an untrained network, which has no scores; its words `up` from the bottom."""
    x, whole = row["times"][SQUARE]["mean"], axes.get_xaxis_transform()
    line = axes.axvline(x, color=QUIET, linewidth=0.9, linestyle=(0, (4, 3)), zorder=1)
    words = f"{NAMES.get(row['model'], row['model'])},\nuntrained: {time_text(x)}"
    text = axes.annotate(
        words,
        (x, up + 0.015),
        (-6, 0),
        xycoords=whole,
        textcoords="offset points",
        color=QUIET,
        ha="right",
        va="bottom",
        fontsize=9,
    )
    return [line, text]


def _standing_alone(svg: str) -> str:
    """`svg` with the report's colours embedded, which follow the viewer's light or dark theme."""
    page = STYLESHEET.read_text(encoding="utf-8")
    variables = page[page.index(":root {") : page.index("* { box-sizing")]
    style = f"<style>{variables}svg {{ background: var(--paper); font-family: var(--sans); }}</style>"
    start = svg.index(">") + 1
    return svg[:start] + style + svg[start:]
