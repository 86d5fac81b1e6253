"""Plots of timing steadiness, of continuous inference, and of the networks' training.

Time, size and fidelity in one plot: benchmarks/report/pareto.py.
"""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from benchmarks.records.pivot import Record, headline_size
from benchmarks.report.formatting import label
from benchmarks.report.svg import INK, OTHER, RUNTIMES, colour_of, new_figure
from benchmarks.systems.names import NAMES
from pix2phone.units import time_text

STAGES = {"trained": RUNTIMES["torch"], "compressed": RUNTIMES["LiteRT"]}
LINE_HEIGHT = 0.44  # inches for each row of the steadiness plot
SHOWN_RUNS = 300  # dots of a row at most, evenly spread over the run
NEW_LINE, GAP = "\n", "   "
EDGE = 25.0  # per cent from the median; dots beyond are drawn at this limit


def steadiness_figure(record: Record, width: float) -> Figure | None:
    """Every run of each row at the headline size, per cent from the row's median; None where nothing was timed."""
    size = headline_size(record)
    rows = [row for row in record["rows"] if size in row["times"]]
    if not rows:
        return None
    rows.sort(key=lambda row: -row["times"][size]["mean"])
    figure = new_figure(width, LINE_HEIGHT * len(rows) + 0.7)
    axes = figure.subplots()
    narrow = width < 6
    for place, row in enumerate(rows):
        _runs(axes, place, row["times"][size]["samples"], colour_of(row["runtime"]))
    labels = [_label(row, record, narrow) for row in rows]
    axes.set_yticks(range(len(rows)), labels, fontsize=9 if narrow else 10, color=INK)
    axes.set_xlim(-EDGE * 1.08, EDGE * 1.08)
    axes.set_ylim(-0.6, len(rows) - 0.4)
    axes.set_xticks((-20, 0, 20) if narrow else (-20, -10, 0, 10, 20))
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:+.0f} %".replace("-", "−") if value else "median")
    axes.set_xlabel(f"{size} × {size} px")
    axes.grid(axis="x", linewidth=0.6)
    axes.spines["left"].set_visible(False)
    axes.tick_params(which="both", length=0)
    return figure


def _label(row: Record, record: Record, narrow: bool) -> str:
    time = time_text(float(np.median(row["times"][headline_size(record)]["samples"])))
    return f"{label(row, record)}{NEW_LINE if narrow else GAP}{time}"


def _runs(axes: Axes, place: int, samples: Sequence[float], colour: str) -> None:
    """A dot for each run, a bar between the quartiles, a line at the median."""
    values = np.asarray(samples)
    apart = np.clip((values / np.median(values) - 1) * 100, -EDGE, EDGE)
    low, middle, high = np.percentile(apart, (25, 50, 75))
    dots = apart[:: -(-len(apart) // SHOWN_RUNS)]
    jitter = np.random.default_rng(0).uniform(-0.2, 0.2, len(dots))
    axes.scatter(dots, place + jitter, s=7, color=colour, alpha=0.35, linewidths=0, zorder=2)
    axes.plot([low, high], [place, place], color=colour, linewidth=5, alpha=0.55, solid_capstyle="butt", zorder=3)
    axes.plot([middle, middle], [place - 0.26, place + 0.26], color=INK, linewidth=1.4, zorder=4)


def sustained_figure(record: Record, width: float, height: float) -> Figure | None:
    """Median milliseconds over the seconds of continuous inference, inches; None without such a run."""
    rows = [row for row in record["rows"] if row.get("sustained")]
    if not rows:
        return None
    figure = new_figure(width, height)
    axes = figure.subplots()
    for row in rows:
        points = [(point["at_s"], point["median_ms"]) for point in row["sustained"]]
        axes.plot(*zip(*points, strict=True), color=colour_of(row["runtime"]), marker="o", markersize=3.5)
    axes.set_ylim(0, 1.25 * max(point["median_ms"] for row in rows for point in row["sustained"]))
    axes.set_xlim(left=0)
    axes.set_xlabel("seconds without a pause")
    axes.set_ylabel("ms, median of a slice")
    axes.grid(axis="y", linewidth=0.6)
    axes.tick_params(which="both", length=0)
    return figure


def curve_figure(record: Record, width: float, height: float) -> Figure | None:
    """Loss and PSNR on val against minutes, inches; below each other if upright; None without two points."""
    curves = {stage: points for stage, points in record["curves"].items() if len(points) > 1}
    if not curves:
        return None
    models = {row["file"].split(".")[0]: row["model"] for row in record["rows"] if row.get("file")}
    figure = new_figure(width, height)
    loss, psnr = figure.subplots(*((1, 2) if width > height else (2, 1)))
    for axes, key, title in ((loss, "loss", "training loss"), (psnr, "psnr", "PSNR on val photos, dB")):
        for stage, points in curves.items():
            model = models.get(stage, stage)
            _line(axes, points, key, NAMES.get(model, model), STAGES.get(stage, OTHER))
        axes.set_title(title, loc="left", fontsize=11, color=INK)
        axes.set_xlabel("minutes")
        axes.grid(axis="y", linewidth=0.6)
        axes.tick_params(which="both", length=0)
    loss.set_ylim(bottom=0)
    psnr.legend(frameon=False, labelcolor=INK, loc="lower right")
    return figure


def _line(axes: Axes, points: Sequence[Record], key: str, label: str, colour: str) -> None:
    known = [point for point in points if key in point]
    minutes = [point["seconds"] / 60 for point in known]
    marker = "o" if key == "psnr" else None
    axes.plot(minutes, [point[key] for point in known], color=colour, marker=marker, markersize=3.5, label=label)
