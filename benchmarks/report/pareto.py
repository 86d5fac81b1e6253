"""Time, size and fidelity in one plot, with the Pareto front marked: files not dominated by any other."""

import math
from typing import Any

from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from benchmarks.records.pivot import Record, headline_size, paper_row
from benchmarks.report.formatting import threads_text
from benchmarks.report.labels import Dot, place
from benchmarks.report.svg import PAPER, QUIET, colour_of, new_figure
from benchmarks.systems.names import NAMES, name
from pix2phone.units import bytes_text, time_text

DASHED: Any = (0, (4, 3))
DOTTED: Any = (0, (1, 2))
BACKED: Any = {"facecolor": PAPER, "edgecolor": "none", "pad": 1.5}  # so that no line crosses words


def judged_rows(record: Record) -> list[Record]:
    """The rows with both a time at the headline size and a PSNR, larger files first."""
    rows = [row for row in record["rows"] if "fidelity" in row and headline_size(record) in row["times"]]
    return sorted(rows, key=lambda row: -row["bytes"])


def front(record: Record) -> list[str]:
    """Keys of the judged rows that no other row equals or beats in time, bytes and PSNR together."""
    size = headline_size(record)
    points = {
        row["key"]: (row["times"][size]["mean"], row["bytes"], -row["fidelity"]["psnr"]) for row in judged_rows(record)
    }
    return [key for key, mine in points.items() if not any(_beats(other, mine) for other in points.values())]


def _beats(other: tuple[float, ...], mine: tuple[float, ...]) -> bool:
    return other != mine and all(theirs <= own for theirs, own in zip(other, mine, strict=True))


def has_several_networks(record: Record) -> bool:
    """Whether the judged rows cover several networks: files of one network differ by hundredths of a decibel."""
    return len({row["model"] for row in judged_rows(record)}) > 1


def speed_figure(record: Record, width: float, height: float) -> Figure:
    """Time for one picture against PSNR, `width` x `height` inches, of a `record` with judged rows."""
    size, rows = headline_size(record), judged_rows(record)
    figure = new_figure(width, height)
    axes = figure.subplots()
    _frame(axes, record, size)
    taken = [*_paper(axes, record, size), *_untouched(axes, record)]
    best = front(record)
    _key(figure, rows)
    place(axes, [_mark(axes, row, size, row["key"] in best) for row in rows], taken)
    return figure


def _key(figure: Figure, rows: list[Record]) -> None:
    """The legend: runtimes by colour."""
    colours = {row["runtime"]: colour_of(row["runtime"]) for row in rows}
    style: dict[str, Any] = {"marker": "o", "linestyle": "none", "markersize": 6, "markeredgewidth": 0}
    discs = [Line2D([], [], color=colour, **style) for colour in colours.values()]
    quiet: dict[str, Any] = {"frameon": False, "labelcolor": QUIET, "fontsize": 10, "handletextpad": 0.1}
    figure.legend(discs, [*colours], loc="outside lower left", ncols=len(discs), **quiet)


def _frame(axes: Axes, record: Record, size: str) -> None:
    axes.set_xscale("log")
    axes.set_xlabel(f"time for one picture of {size} × {size} px, {threads_text(record)}")
    axes.set_ylabel("PSNR against the target, dB")
    axes.grid(axis="y", linewidth=0.6)
    axes.xaxis.set_major_formatter(lambda value, _: f"{value * 1000:g} ms" if value < 1 else f"{value:g} s")
    axes.xaxis.set_minor_formatter("")
    axes.tick_params(which="both", length=0)
    decibels = [row["fidelity"]["psnr"] for row in judged_rows(record)]
    seconds = [row["times"][size]["mean"] for row in record["rows"] if size in row["times"]]
    axes.yaxis.set_major_locator(MaxNLocator(5))
    room = max(0.6 * (max(decibels) - min(decibels)), 0.15)
    axes.set_xlim(min(seconds) / 3, max(seconds) * 2.2)
    axes.set_ylim(min(decibels) - room, max(decibels) + 1.3 * room)


def _mark(axes: Axes, row: Record, size: str, on_front: bool) -> Dot:
    """A filled disc on the front, else a ring; the area grows with the square root of the bytes."""
    x, y = row["times"][size]["mean"], row["fidelity"]["psnr"]
    area = 30 * math.sqrt(row["bytes"] / 1e5) + 20
    colour = colour_of(row["runtime"])
    face = colour if on_front else PAPER
    axes.scatter([x], [y], s=area, facecolor=face, edgecolor=colour, linewidths=1.4, zorder=4 if on_front else 3)
    return Dot(x, y, math.sqrt(area / math.pi), name(row))


def _paper(axes: Axes, record: Record, size: str) -> list[Artist]:
    """A line at the time of the paper's model, which has no PSNR: its weights are random here."""
    row = paper_row(record)
    if row is None:
        return []
    x, up = row["times"][size]["mean"], axes.get_xaxis_transform()
    line = axes.axvline(x, color=QUIET, linewidth=0.9, linestyle=DASHED, zorder=1)
    words = f"the paper's {NAMES[row['model']]}\n{time_text(x)}, {bytes_text(row['bytes'])}"
    style: dict[str, Any] = {"color": QUIET, "fontsize": 10, "ha": "right", "va": "top"}
    return [line, axes.annotate(words, (x, 0.985), (-6, 0), xycoords=up, textcoords="offset points", **style)]


def _untouched(axes: Axes, record: Record) -> list[Artist]:
    """The PSNR of the unchanged photo: a line, or words at the bottom if it is below the axis."""
    drawn: list[Artist] = []
    for row in record["rows"]:
        if row["group"] == "baseline":
            y, bottom = row["fidelity"]["psnr"], axes.get_ylim()[0]
            words = f"{name(row)}: {y:.1f} dB" + (", below this plot" if y < bottom else "")
            style: dict[str, Any] = {"color": QUIET, "va": "bottom", "fontsize": 10, "bbox": BACKED}
            style |= {"xycoords": axes.get_yaxis_transform(), "textcoords": "offset points"}
            drawn.append(axes.annotate(words, (0, max(y, bottom)), (7, 7), **style))
            if y > bottom:
                drawn.append(axes.axhline(y, color=QUIET, linewidth=0.9, linestyle=DOTTED, zorder=1))
    return drawn
