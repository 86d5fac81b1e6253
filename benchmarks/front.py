"""The front: every student's time at 512 x 512 against its fidelity, float and int8, as an SVG that stands alone."""

from typing import NamedTuple

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes

from benchmarks.fidelity import mean_and_error
from benchmarks.labels import Dot, place
from benchmarks.students import SQUARE
from benchmarks.svg import INK, OTHER, QUIET, RUNTIMES, STYLESHEET, new_figure, themed, to_svg
from benchmarks.words import NAMES, Record, time_text

SIZE = (9.6, 4.6)  # inches
PANELS = {"psnr": "PSNR against the target, dB", "ssim": "SSIM"}
COLOURS = {"float32": RUNTIMES["torch"], "int8": RUNTIMES["LiteRT"]}
RADIUS = 4.0  # points
PIECES = 8


class Point(NamedTuple):
    """A file's time in seconds and its mean score."""

    label: str
    colour: str
    x: float
    y: float


def picture(record: Record) -> str | None:
    """PSNR and SSIM side by side, with colours for light and dark inside; None when no student was judged."""
    students = [student for student in record["students"] if student["goals"]]
    if not students:
        return None
    with themed():
        figure = new_figure(*SIZE)
        for axes, (measure, title) in zip(figure.subplots(1, len(PANELS)), PANELS.items(), strict=True):
            axes.set_title(title, loc="left", fontsize=11, color=INK)
            _draw(axes, students, record, measure)
        return _standing_alone(to_svg(figure, "front"))


def _draw(axes: Axes, students: list[Record], record: Record, measure: str) -> None:
    groups = [_points(student, measure) for student in students]
    points = [point for group in groups for point in group] + _reference(students[0], record["unet"], measure)
    _frame(axes, points, record)
    taken = [piece for group in groups for piece in _link(axes, *group)]
    for point in points:
        axes.scatter([point.x], [point.y], s=3.14 * RADIUS**2, color=point.colour, linewidths=0, zorder=3)
    if len(points) == 2 * len(groups):  # no scores of the reference
        taken += _line(axes, record["unet"])
    place(axes, [Dot(point.x, point.y, RADIUS, point.label) for point in points], taken)


def _link(axes: Axes, start: Point, end: Point) -> list[Artist]:
    """A thin line from a float file to its int8 one, in pieces, so that labels can keep off it."""
    across, up = np.geomspace(start.x, end.x, PIECES + 1), np.linspace(start.y, end.y, PIECES + 1)
    corners = [slice(index, index + 2) for index in range(PIECES)]
    return [axes.plot(across[part], up[part], color=QUIET, linewidth=0.8, zorder=2)[0] for part in corners]


def _points(student: Record, measure: str) -> list[Point]:
    points = []
    for precision, row in student["files"].items():
        score = mean_and_error([scores[measure] for scores in row["scores"].values()])[0]
        points.append(Point(f"{student['name']} {precision}", COLOURS[precision], row["times"][SQUARE]["mean"], score))
    return points


def _reference(student: Record, unet: Record, measure: str) -> list[Point]:
    scores = student["reference"].get("scores", {}).values()
    if not scores:
        return []
    score = mean_and_error([row[measure] for row in scores])[0]
    return [Point(NAMES[unet["model"]], OTHER, unet["times"][SQUARE]["mean"], score)]


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


def _line(axes: Axes, unet: Record) -> list[Artist]:
    """The paper's model while nothing is known but its time."""
    x, up = unet["times"][SQUARE]["mean"], axes.get_xaxis_transform()
    line = axes.axvline(x, color=QUIET, linewidth=0.9, linestyle=(0, (4, 3)), zorder=1)
    words = f"{NAMES[unet['model']]}\n{time_text(x)}"
    text = axes.annotate(
        words, (x, 0.985), (-6, 0), xycoords=up, textcoords="offset points", color=QUIET, ha="right", va="top"
    )
    return [line, text]


def _standing_alone(svg: str) -> str:
    """`svg` with the report's colours inside, which follow the viewer's light or dark."""
    page = STYLESHEET.read_text(encoding="utf-8")
    variables = page[page.index(":root {") : page.index("* { box-sizing")]
    style = f"<style>{variables}svg {{ background: var(--paper); font-family: var(--sans); }}</style>"
    start = svg.index(">") + 1
    return svg[:start] + style + svg[start:]
