"""The report's two plots: speed against fidelity, and how the networks learnt."""

import math
from collections.abc import Sequence
from typing import Any

from matplotlib.artist import Artist
from matplotlib.axes import Axes

from benchmarks.labels import Dot, place
from benchmarks.svg import INK, OTHER, QUIET, RUNTIMES, new_figure, themed, to_svg
from benchmarks.words import NAMES, Record, headline_size, name, paper_row, size_text, threads_text, time_text

STAGES = {"trained": RUNTIMES["torch"], "compressed": RUNTIMES["LiteRT"]}


def judged_rows(record: Record) -> list[Record]:
    """The rows that have both a time at the headline size and a PSNR, larger files first."""
    rows = [row for row in record["rows"] if "fidelity" in row and headline_size(record) in row["times"]]
    return sorted(rows, key=lambda row: -row["bytes"])


def speed_plot(record: Record, width: float, height: float) -> str | None:
    """Time for one picture against PSNR, `width` x `height` inches; None without a row that has both."""
    size, rows = headline_size(record), judged_rows(record)
    if not rows:
        return None
    with themed():
        figure = new_figure(width, height)
        axes = figure.subplots()
        _frame(axes, record, size)
        taken = [*_paper(axes, record, size), *_untouched(axes, record)]
        place(axes, [_mark(axes, row, size) for row in rows], taken)
        return to_svg(figure, f"speed-{width:g}")


def _frame(axes: Axes, record: Record, size: str) -> None:
    axes.set_xscale("log")
    axes.set_xlabel(f"time for one picture of {size} × {size} px, {threads_text(record)}")
    axes.set_ylabel("PSNR against the target, dB")
    axes.grid(axis="y", linewidth=0.6)
    axes.xaxis.set_major_formatter(lambda value, _: f"{value * 1000:g} ms" if value < 1 else f"{value:g} s")
    axes.xaxis.set_minor_formatter("")
    axes.tick_params(length=0)
    decibels = [row["fidelity"]["psnr"] for row in record["rows"] if "fidelity" in row]
    seconds = [row["times"][size]["mean"] for row in record["rows"] if size in row["times"]]
    axes.set_xlim(min(seconds) / 2.2, max(seconds) * 2.2)
    axes.set_ylim(min(decibels) - 1.0, max(decibels) + 1.6)


def _mark(axes: Axes, row: Record, size: str) -> Dot:
    x, y = row["times"][size]["mean"], row["fidelity"]["psnr"]
    area = 30 * math.sqrt(row["bytes"] / 1e5) + 20
    colour = RUNTIMES.get(row["runtime"], OTHER)
    axes.scatter([x], [y], s=area, color=colour, alpha=0.85, linewidths=0, zorder=3)
    return Dot(x, y, math.sqrt(area / math.pi), name(row))


def _paper(axes: Axes, record: Record, size: str) -> list[Artist]:
    """A line at the time of the paper's model, which has no PSNR of its own: its weights are random here."""
    row = paper_row(record)
    if row is None:
        return []
    x, up = row["times"][size]["mean"], axes.get_xaxis_transform()
    line = axes.axvline(x, color=QUIET, linewidth=0.9, linestyle=(0, (4, 3)), zorder=1)
    words = f"the paper's {NAMES[row['model']]}\n{time_text(x)}, {size_text(row['bytes'])}"
    style: dict[str, Any] = {"color": QUIET, "fontsize": 10, "ha": "right", "va": "top"}
    return [line, axes.annotate(words, (x, 0.985), (-6, 0), xycoords=up, textcoords="offset points", **style)]


def _untouched(axes: Axes, record: Record) -> list[Artist]:
    """A line at the PSNR of the photo left as it is."""
    drawn: list[Artist] = []
    for row in record["rows"]:
        if row["group"] == "baseline":
            y, across = row["fidelity"]["psnr"], axes.get_yaxis_transform()
            drawn.append(axes.axhline(y, color=QUIET, linewidth=0.9, linestyle=(0, (1, 2)), zorder=1))
            drawn.append(axes.text(0.005, y, name(row), transform=across, color=QUIET, va="bottom", fontsize=10))
    return drawn


def curve_plot(record: Record, width: float, height: float) -> str | None:
    """Loss and held-out PSNR against minutes, inches; below each other if upright; None without two points."""
    curves = {stage: points for stage, points in record["curves"].items() if len(points) > 1}
    if not curves:
        return None
    models = {row["file"].split(".")[0]: row["model"] for row in record["rows"] if row.get("file")}
    with themed():
        figure = new_figure(width, height)
        loss, psnr = figure.subplots(*((1, 2) if width > height else (2, 1)))
        for axes, key, title in ((loss, "loss", "training loss"), (psnr, "psnr", "held-out PSNR, dB")):
            for stage, points in curves.items():
                model = models.get(stage, stage)
                _line(axes, points, key, NAMES.get(model, model), STAGES.get(stage, OTHER))
            axes.set_title(title, loc="left", fontsize=11, color=INK)
            axes.set_xlabel("minutes")
            axes.grid(axis="y", linewidth=0.6)
            axes.tick_params(length=0)
        loss.set_ylim(bottom=0)
        psnr.legend(frameon=False, labelcolor=INK, loc="lower right")
        return to_svg(figure, f"curve-{width:g}")


def _line(axes: Axes, points: Sequence[Record], key: str, label: str, colour: str) -> None:
    known = [point for point in points if key in point]
    minutes = [point["seconds"] / 60 for point in known]
    marker = "o" if key == "psnr" else None
    axes.plot(minutes, [point[key] for point in known], color=colour, marker=marker, markersize=3.5, label=label)
