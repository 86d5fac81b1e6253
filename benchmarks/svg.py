"""Drawings as SVG elements that take font and colours from the page, so that one serves light and dark."""

import io
import re
from typing import Any

from matplotlib import rc_context
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

# Colours that stand for the page's CSS variables and are replaced by them in the end.
INK, QUIET, RULE = "#010101", "#020202", "#030303"
RUNTIMES = {"LiteRT": "#040404", "onnxruntime": "#050505", "torch": "#060606", "torch, CUDA": "#070707"}
OTHER = "#070707"
VARIABLES = {
    INK: "ink",
    QUIET: "quiet",
    RULE: "rule",
    "#040404": "mark-1",
    "#050505": "mark-2",
    "#060606": "mark-3",
    OTHER: "other",
}
STYLE: dict[Any, Any] = {
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


def themed() -> Any:
    """The context in which figures are drawn: the page's colours, little else."""
    return rc_context(STYLE)


def new_figure(width: float, height: float) -> Figure:
    """An empty figure of `width` x `height` inches whose texts can be measured."""
    figure = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def to_svg(figure: Figure, prefix: str) -> str:
    """`figure` as an <svg> element without size and metadata; `prefix` keeps its ids apart from others'."""
    buffer = io.StringIO()
    figure.savefig(buffer, format="svg", metadata={"Date": None})
    svg = buffer.getvalue()
    start, end = svg.index("<svg"), svg.index(">", svg.index("<svg"))
    opening = re.sub(r'\b(width|height)="[^"]*" ?', "", svg[start:end])
    svg = opening + re.sub(r"<metadata>.*?</metadata>", "", svg[end:], flags=re.DOTALL)
    svg = re.sub(r"'DejaVu Sans'[^;\"]*", "inherit", svg)
    svg = re.sub(r'(id="|href="#|url\(#)', rf"\g<1>{prefix}-", svg)
    for colour, variable in VARIABLES.items():
        svg = svg.replace(colour, f"var(--{variable})")
    return svg
