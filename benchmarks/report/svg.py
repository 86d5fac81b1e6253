"""Drawings in the page's colours: as SVG elements that follow its light or dark theme, and as light PNGs."""

import io
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from matplotlib import rc_context
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import get_named_colors_mapping
from matplotlib.figure import Figure

from pix2phone.artefacts import replacing

STYLESHEET = Path(__file__).parent / "templates" / "style.css"
# The stylesheet's variables used by figures, and near-black placeholders for them in an SVG.
VARIABLES = {
    "ink": "#010101",
    "quiet": "#020202",
    "rule": "#030303",
    "mark-1": "#040404",
    "mark-2": "#050505",
    "mark-3": "#060606",
    "other": "#070707",
    "paper": "#080808",
}
INK, QUIET, RULE, PAPER, OTHER = (f"page:{name}" for name in ("ink", "quiet", "rule", "paper", "other"))
RUNTIMES = {"LiteRT": "page:mark-1", "onnxruntime": "page:mark-2", "torch": "page:mark-3"}
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
PNG_DPI = 160


def colour_of(runtime: str) -> str:
    """The colour of a runtime's family: torch.compile has torch's."""
    return next((colour for family, colour in RUNTIMES.items() if runtime.startswith(family)), OTHER)


@contextmanager
def themed(colours: dict[str, str] | None = None) -> Iterator[None]:
    """Matplotlib context of the figures: the page's colours by name, from `colours` or placeholders, and STYLE."""
    named = get_named_colors_mapping()
    for name, value in (colours or VARIABLES).items():
        named[f"page:{name}"] = value  # one by one, which clears cached colours; `update` would not
    with rc_context(STYLE):
        yield


def light() -> dict[str, str]:
    """The stylesheet's colours of a light page."""
    head = STYLESHEET.read_text(encoding="utf-8").split("@media")[0]
    return {name: re.search(rf"--{name}: (#\w+)", head)[1] for name in VARIABLES}  # type: ignore[index]


def new_figure(width: float, height: float) -> Figure:
    """An empty figure of `width` x `height` inches whose texts can be measured."""
    figure = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def write_png(draw: Callable[[], Figure | None], path: Path) -> bool:
    """Write the output of `draw`, on the light page's background; False if it draws nothing."""
    colours = light()
    with themed(colours):
        figure = draw()
        if figure is None:
            return False
        with replacing(path) as temporary:
            figure.savefig(temporary, format="png", dpi=PNG_DPI, facecolor=colours["paper"])
    return True


def draw_svg(draw: Callable[[], Figure | None], prefix: str) -> str | None:
    """The output of `draw` as an <svg> element; `prefix` makes its ids unique."""
    with themed():
        figure = draw()
        return None if figure is None else to_svg(figure, prefix)


def to_svg(figure: Figure, prefix: str) -> str:
    """`figure`, drawn in `themed()`, as an <svg> element without size and metadata."""
    buffer = io.StringIO()
    figure.savefig(buffer, format="svg", metadata={"Date": None})
    svg = buffer.getvalue()
    start, end = svg.index("<svg"), svg.index(">", svg.index("<svg"))
    opening = re.sub(r'\b(width|height)="[^"]*" ?', "", svg[start:end])
    svg = opening + re.sub(r"<metadata>.*?</metadata>", "", svg[end:], flags=re.DOTALL)
    svg = re.sub(r"'DejaVu Sans'[^;\"]*", "inherit", svg)
    svg = re.sub(r'(id="|href="#|url\(#)', rf"\g<1>{prefix}-", svg)
    for name, stand_in in VARIABLES.items():
        svg = svg.replace(stand_in, f"var(--{name})")
    return svg
