"""The report's plots, as SVG that takes its colours from the page, so that one drawing serves light and dark."""

import io
import math
import re
from typing import Any

import matplotlib

matplotlib.use("agg")
from matplotlib import pyplot as plt  # noqa: E402
from matplotlib.axes import Axes  # noqa: E402
from matplotlib.figure import Figure  # noqa: E402
from matplotlib.text import Annotation, Text  # noqa: E402
from matplotlib.transforms import Bbox  # noqa: E402

from benchmarks.tables import NAMES, Record, headline_size, name, size_text, time_text  # noqa: E402

# Colours that stand for the page's CSS variables and are replaced by them.
INK, QUIET, RULE = "#010101", "#020202", "#030303"
RUNTIMES = {"LiteRT": "#040404", "onnxruntime": "#050505", "torch": "#060606"}
OTHER = "#070707"
VARIABLES = {INK: "ink", QUIET: "quiet", RULE: "rule", OTHER: "other"} | {
    colour: f"mark-{index}" for index, colour in enumerate(RUNTIMES.values(), start=1)
}
STAGES = {"trained": RUNTIMES["torch"], "compressed": RUNTIMES["LiteRT"]}
Dot = tuple[float, float, float, str]  # seconds, dB, radius in points, label
STYLE = {
    "svg.fonttype": "none",
    "svg.hashsalt": "pix2phone",
    "font.size": 11,
    "axes.edgecolor": RULE,
    "axes.labelcolor": QUIET,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "xtick.color": QUIET,
    "ytick.color": QUIET,
    "text.color": INK,
    "grid.color": RULE,
    "figure.facecolor": "none",
    "axes.facecolor": "none",
}
RINGS = (6, 18, 32, 46, 60, 76, 92, 110)  # where a label may go: points from its dot's rim, nearest first,
ANGLES = (0, 180, 40, 140, 320, 220, 65, 115, 295, 245, 90, 270)  # and degrees


def speed_plot(record: Record, width: float, height: float) -> str | None:
    """Time for one picture against PSNR, inches `width` x `height`; None without a row that has both."""
    size = headline_size(record)
    rows = [row for row in record["rows"] if "fidelity" in row and size in row["times"]]
    if not rows:
        return None
    with plt.rc_context(STYLE):  # type: ignore[arg-type]
        figure, axes = plt.subplots(figsize=(width, height), layout="constrained")
        _frame(axes, record, size)
        dots = [_mark(axes, row, size) for row in sorted(rows, key=lambda row: -(row["bytes"] or 0))]
        lines = [_reference(axes, record, size), *_baseline(axes, record)]
        figure.draw_without_rendering()
        _place_labels(figure, axes, dots, lines)
        return _svg(figure, f"speed-{width:g}")


def _frame(axes: Axes, record: Record, size: str) -> None:
    axes.set_xscale("log")
    axes.set_xlabel(f"time for one picture of {size} × {size} px, {record['protocol']['threads']} threads")
    axes.set_ylabel("PSNR against the target, dB")
    axes.grid(axis="y", linewidth=0.6)
    axes.xaxis.set_major_formatter(lambda value, _: _short_time(value))
    axes.xaxis.set_minor_formatter("")
    axes.tick_params(length=0)
    figures = [row["fidelity"]["psnr"] for row in record["rows"] if "fidelity" in row]
    times = [row["times"][size]["mean"] for row in record["rows"] if size in row["times"]]
    axes.set_xlim(min(times) / 2.2, max(times) * 2.2)
    axes.set_ylim(min(figures) - 1.0, max(figures) + 1.6)


def _short_time(seconds: float) -> str:
    return f"{seconds * 1000:g} ms" if seconds < 1 else f"{seconds:g} s"


def _mark(axes: Axes, row: Record, size: str) -> Dot:
    """Draw one row; its place, its radius in points, its label."""
    x, y = row["times"][size]["mean"], row["fidelity"]["psnr"]
    area = 30 * math.sqrt((row["bytes"] or 0) / 1e5) + 20
    colour = RUNTIMES.get(row["runtime"], OTHER)
    axes.scatter([x], [y], s=area, color=colour, alpha=0.85, linewidths=0, zorder=3)
    return x, y, math.sqrt(area / math.pi), name(row)


def _reference(axes: Axes, record: Record, size: str) -> Any:
    """A line at the paper's model, which has no PSNR of its own: its weights are random here."""
    rows = [row for row in record["rows"] if row["group"] == "paper" and size in row["times"]]
    if not rows:
        return axes.text(0, 0, "")
    x = rows[0]["times"][size]["mean"]
    axes.axvline(x, color=QUIET, linewidth=0.9, linestyle=(0, (4, 3)), zorder=1)
    text = f"the paper's {NAMES[rows[0]['model']]}\n{time_text(x)}, {size_text(rows[0]['bytes'])}"
    top = axes.get_xaxis_transform()
    return axes.annotate(text, (x, 0.985), (-6, 0), xycoords=top, textcoords="offset points", color=QUIET, ha="right", va="top", fontsize=10)


def _baseline(axes: Axes, record: Record) -> list[Any]:
    """A line at the PSNR of the photo left as it is."""
    rows = [row for row in record["rows"] if row["group"] == "baseline" and "fidelity" in row]
    for row in rows:
        axes.axhline(row["fidelity"]["psnr"], color=QUIET, linewidth=0.9, linestyle=(0, (1, 2)), zorder=1)
    text = f"{NAMES['photo']}"
    return [
        axes.text(0.005, row["fidelity"]["psnr"], text, transform=axes.get_yaxis_transform(), color=QUIET, va="bottom", fontsize=10)
        for row in rows
    ]


def _place_labels(figure: Figure, axes: Axes, dots: list[Dot], fixed: list[Any]) -> None:
    """Write each label at the first free place round its dot, nearest first; a thin line leads to the distant ones.

    Where no place is free, it takes the one that hides least.
    """
    renderer = figure.canvas.get_renderer()  # type: ignore[attr-defined]
    taken = [text.get_window_extent(renderer) for text in fixed]
    for x, y, radius, _ in dots:
        left, bottom = axes.transData.transform((x, y))
        points = radius * figure.dpi / 72
        taken.append(Bbox.from_bounds(left - points, bottom - points, 2 * points, 2 * points))
    for dot in sorted(dots, key=lambda dot: (-dot[1], dot[0])):
        places = [(ring + dot[2], angle) for ring in RINGS for angle in ANGLES]
        costs = []
        for place in places:
            text = _label(axes, dot, *place)
            costs.append(_cost(Text.get_window_extent(text, renderer), taken, axes.bbox))
            text.remove()
            if not costs[-1]:
                break
        text = _label(axes, dot, *places[costs.index(min(costs))])
        taken.append(Text.get_window_extent(text, renderer))  # without its line


def _cost(box: Bbox, taken: list[Bbox], frame: Bbox) -> float:
    """Pixels of `box` that lie on others, or outside the frame (four times as bad)."""
    shared = [Bbox.intersection(box, other) for other in taken]
    inside = Bbox.intersection(box, frame)
    area = box.width * box.height
    outside = area - (inside.width * inside.height if inside else 0.0)
    return 4 * round(outside, 3) + sum(part.width * part.height for part in shared if part)


def _label(axes: Axes, dot: Dot, distance: float, angle: float) -> Annotation:
    x, y, radius, label = dot
    across, up = math.cos(math.radians(angle)), math.sin(math.radians(angle))
    leads = distance - radius > RINGS[0]
    return axes.annotate(
        label,
        (x, y),
        (across * distance, up * distance),
        textcoords="offset points",
        ha="left" if across > 0.1 else "right" if across < -0.1 else "center",
        va="center" if abs(up) < 0.1 else "bottom" if up > 0 else "top",
        fontsize=10,
        arrowprops={"arrowstyle": "-", "color": QUIET, "linewidth": 0.6, "shrinkA": 1, "shrinkB": 2} if leads else None,  # type: ignore[arg-type]
    )


def curve_plot(curves: dict[str, list[Record]], labels: dict[str, str], width: float, height: float) -> str | None:
    """Loss and held-out PSNR against minutes of training, inches; None without a curve of two points."""
    drawn = {stage: points for stage, points in curves.items() if len(points) > 1}
    if not drawn:
        return None
    side_by_side = width > height
    with plt.rc_context(STYLE):  # type: ignore[arg-type]
        figure, pair = plt.subplots(*((1, 2) if side_by_side else (2, 1)), figsize=(width, height), layout="constrained")
        for axes, key, title in zip(pair, ("loss", "psnr"), ("training loss", "held-out PSNR, dB"), strict=True):
            for stage, points in drawn.items():
                _curve(axes, [point for point in points if key in point], key, labels.get(stage, stage), STAGES.get(stage, OTHER))
            axes.set_title(title, loc="left", fontsize=11, color=INK)
            axes.set_xlabel("minutes")
            axes.grid(axis="y", linewidth=0.6)
            axes.tick_params(length=0)
            axes.margins(x=0.02)
        pair[0].set_ylim(bottom=0)
        pair[1].legend(frameon=False, labelcolor=INK, loc="lower right")
        return _svg(figure, f"curve-{width:g}")


def _curve(axes: Axes, points: list[Record], key: str, label: str, colour: str) -> None:
    minutes = [point["seconds"] / 60 for point in points]
    marker = "o" if key == "psnr" else None
    axes.plot(minutes, [point[key] for point in points], color=colour, linewidth=1.8, marker=marker, markersize=3.5, label=label)


def _svg(figure: Figure, prefix: str) -> str:
    """The drawing as an <svg> element: page's font and colours, ids of its own, no metadata."""
    buffer = io.StringIO()
    figure.savefig(buffer, format="svg", metadata={"Date": None})
    plt.close(figure)
    svg = buffer.getvalue()
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    svg = re.sub(r"'DejaVu Sans'[^;\"]*", "inherit", svg)
    svg = re.sub(r'(id="|href="#|url\(#)', rf"\g<1>{prefix}-", svg)
    svg = re.sub(r'<svg ([^>]*?)width="[^"]*" height="[^"]*"|<svg ', lambda found: _responsive(found.group(0)), svg, count=1)
    for colour, variable in VARIABLES.items():
        svg = svg.replace(colour, f"var(--{variable})")
    return svg


def _responsive(tag: str) -> str:
    return re.sub(r'(width|height)="[^"]*" ?', "", tag)
