"""Labels beside dots without overlap: each goes to the nearest free place around its dot."""

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.text import Annotation, Text
from matplotlib.transforms import Bbox

from benchmarks.report.svg import QUIET

RINGS = (6, 18, 32, 46, 60, 76, 92, 110)  # points from the dot's rim
ROOM = 1  # pixels around words, which browsers set slightly larger
PIECES = 24  # of the line to a distant label
ANGLES = (0, 180, 40, 140, 320, 220, 65, 115, 295, 245, 90, 270)  # degrees


class Dot(NamedTuple):
    """A dot at (x, y) in the data's units, its radius in points."""

    x: float
    y: float
    radius: float
    label: str


def place(axes: Axes, dots: list[Dot], taken: Sequence[Artist]) -> list[Annotation]:
    """Place every label clear of dots, other labels and `taken`; a thin line leads to a distant one.

    Without a free place, a label takes the one with the least overlap.
    """
    figure = axes.get_figure(root=True)
    figure.draw_without_rendering()  # type: ignore[union-attr]
    renderer = figure.canvas.get_renderer()  # type: ignore[union-attr, attr-defined]
    boxes = [artist.get_window_extent(renderer).padded(1) for artist in taken] + [_disc(axes, dot) for dot in dots]
    placed = []
    for dot in sorted(dots, key=lambda dot: (-dot.y, dot.x)):
        text = _best(axes, dot, boxes, renderer)
        boxes += _pieces(axes, dot, text, renderer)
        placed.append(text)
    return placed


def box(text: Annotation, renderer: Any) -> Bbox:
    """Bounding box of the words, in pixels, without the line to them."""
    text.update_positions(renderer)
    return Text.get_window_extent(text, renderer)


def _disc(axes: Axes, dot: Dot) -> Bbox:
    x, y = axes.transData.transform((dot.x, dot.y))
    pixels = dot.radius * axes.get_figure(root=True).dpi / 72  # type: ignore[union-attr]
    return Bbox.from_bounds(x - pixels, y - pixels, 2 * pixels, 2 * pixels)


def _best(axes: Axes, dot: Dot, boxes: list[Bbox], renderer: Any) -> Annotation:
    costs: dict[tuple[float, float], float] = {}
    for spot in ((ring, angle) for ring in RINGS for angle in ANGLES):
        text = _write(axes, dot, *spot)
        costs[spot] = _cost(_pieces(axes, dot, text, renderer), boxes, axes.bbox)
        if not costs[spot]:
            return text
        text.remove()
    return _write(axes, dot, *min(costs, key=costs.__getitem__))


def _pieces(axes: Axes, dot: Dot, text: Annotation, renderer: Any) -> list[Bbox]:
    """Box of the words, then a row of small boxes along the line to them, if there is one."""
    words, disc = box(text, renderer).padded(ROOM), _disc(axes, dot)
    if text.arrow_patch is None:
        return [words]
    start, end = (part.get_points().mean(axis=0) for part in (disc, words))
    line = [Bbox.from_extents(x - 1, y - 1, x + 1, y + 1) for x, y in np.linspace(start, end, PIECES)]
    return [words, *(piece for piece in line if not (piece.overlaps(words) or piece.overlaps(disc)))]


def _cost(pieces: list[Bbox], boxes: list[Bbox], frame: Any) -> float:
    """Overlap of `pieces` with others, square pixels, plus 4 x the area of the first (the words) outside the frame."""
    words = pieces[0]
    shared = [Bbox.intersection(piece, other) for piece in pieces for other in boxes]
    inside = Bbox.intersection(words, frame)
    outside = words.width * words.height - (inside.width * inside.height if inside else 0.0)
    return 4 * round(outside, 3) + sum(part.width * part.height for part in shared if part)


def _write(axes: Axes, dot: Dot, ring: float, angle: float) -> Annotation:
    across, up = math.cos(math.radians(angle)), math.sin(math.radians(angle))
    distance = ring + dot.radius
    line = {"arrowstyle": "-", "color": QUIET, "linewidth": 0.6, "shrinkA": 1, "shrinkB": 2}
    return axes.annotate(
        dot.label,
        (dot.x, dot.y),
        (across * distance, up * distance),
        textcoords="offset points",
        ha="left" if across > 0.1 else "right" if across < -0.1 else "center",
        va="center" if abs(up) < 0.1 else "bottom" if up > 0 else "top",
        fontsize=10,
        arrowprops=line if ring > RINGS[0] else None,  # type: ignore[arg-type]
    )
