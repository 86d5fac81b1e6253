"""Pictures too large for one piece, painted tile by tile.

Near a cut a network sees padding in place of the picture, which changes its output up to a distance: the receptive
field, to one side (measured by convert/gate/receptive_field.py; files call it "reach"). Tiles therefore overlap by
twice the receptive field, of which each tile leaves out the half at its own cut, and by a ramp between, across which
one fades into the next. All tiles have the same sides, so that a runtime allocates once, and begin at multiples of the
network's grid, so that its strides fall on the same pixels as in the whole picture.
Integer arithmetic throughout: the apps compute the same in their own languages and get the same bytes.
"""

from typing import NamedTuple

import numpy as np

from pix2phone.arrays import Painter

RAMP = 32  # pixels, at least


class Span(NamedTuple):
    """A tile along one axis: starts at `start`, weight rises from `first`, is full from `full` to `end`.

    Pixels of the picture. Tiles are laid over each other in order, so pixels before `full` belong to earlier ones.
    """

    start: int
    first: int
    full: int
    end: int


class TilePlan(NamedTuple):
    """The tiles of a picture: every one of `rows` with every one of `columns`, each of size `sides` (height, width).

    The last of an axis may extend less than the grid beyond the picture, and a tile larger than the picture does: that
    part is padded, as for the whole picture.
    """

    sides: tuple[int, int]
    rows: list[Span]
    columns: list[Span]

    @property
    def total(self) -> int:
        """Number of tiles."""
        return len(self.rows) * len(self.columns)

    @property
    def overlap(self) -> int:
        """Least overlap of neighbours, pixels; 0 for a single tile."""
        axes = zip(self.sides, (self.rows, self.columns), strict=True)
        return min((side - spans[1].start for side, spans in axes if len(spans) > 1), default=0)


def plan(height: int, width: int, sides: tuple[int, int], receptive_field: int, grid: int) -> TilePlan:
    """Cut a picture of `height` x `width` into tiles of `sides`, all in pixels and positive, sides at least `grid`.

    If a tile is too small for twice the receptive field, at most half of it is used for the overlap.
    """
    rows, columns = (_spans(*axis, receptive_field, grid) for axis in zip((height, width), sides, strict=True))
    return TilePlan(sides, rows, columns)


def even_plan(height: int, width: int, most: int, receptive_field: int, grid: int) -> TilePlan:
    """The fewest tiles whose sides are at most `most`, a multiple of `grid`, and the smallest such sides."""
    rows, columns = (_even_side(length, most, receptive_field, grid) for length in (height, width))
    return plan(height, width, (rows, columns), receptive_field, grid)


def overlap_enough(sides: tuple[int, int], receptive_field: int, grid: int) -> bool:
    """Whether tiles of `sides` overlap by twice the receptive field, beyond which a cut has no effect."""
    return plan(2 * sides[0], 2 * sides[1], sides, receptive_field, grid).overlap >= 2 * receptive_field


def least_side(receptive_field: int, grid: int) -> int:
    """The smallest side of a tile whose overlap, at most half of it, holds twice the receptive field and a ramp."""
    return _up(2 * (2 * receptive_field + RAMP), grid)


def _even_side(length: int, most: int, receptive_field: int, grid: int) -> int:
    if length <= most:
        return _up(length, grid)
    overlap = min(_up(2 * receptive_field + RAMP, grid), most // 2)
    count = _up(length - overlap, most - overlap) // (most - overlap)
    return _up((length + (count - 1) * overlap + count - 1) // count, grid)


def _up(length: int, grid: int) -> int:
    """The next multiple of `grid`."""
    return (length + grid - 1) // grid * grid


def _spans(length: int, side: int, receptive_field: int, grid: int) -> list[Span]:
    if length <= side:
        return [Span(0, 0, 0, length)]
    margin = max(0, min(receptive_field, (side // 2 - RAMP) // 2, (side - grid) // 2))
    step = max(grid, (side - 2 * margin - RAMP) // grid * grid)
    ramp = side - 2 * margin - step
    last = _up(length - side, grid)
    starts = [*range(0, last, step), last]
    ends = [start + side - margin for start in starts[:-1]] + [length]
    later = zip(starts[1:], ends[:-1], ends[1:], strict=True)
    return [Span(0, 0, 0, ends[0]), *(Span(start, before - ramp, before, end) for start, before, end in later)]


def paint_tiles(paint: Painter, picture: np.ndarray, tiles: TilePlan) -> np.ndarray:
    """Paint uint8 H x W x 3 by `tiles`; `paint` gets each as part of the picture, and returns one of the same size.

    Besides the two pictures only a strip of tiles as wide as the picture is in memory, all in bytes.
    """
    (height, width), (_, columns) = tiles.sides, picture.shape[:2]
    painted = np.empty_like(picture)
    strip = np.empty((min(height, len(picture)), columns, 3), np.uint8)
    for row in tiles.rows:
        band = picture[row.start : row.start + height]
        for column in tiles.columns:
            tile = paint(band[:, column.start : column.start + width])
            _lay(strip[: len(band)].swapaxes(0, 1), tile.swapaxes(0, 1), column)
        _lay(painted, strip, row)
    return painted


def _lay(onto: np.ndarray, tile: np.ndarray, span: Span) -> None:
    """Blend `tile` over `onto` along the first axis, fading in from `span.first` to `span.full`."""
    start, first, full, end = span
    onto[full:end] = tile[full - start : end - start]
    whole = full - first + 1
    share = np.arange(1, whole, dtype=np.int32)[:, None, None]
    mixed = onto[first:full] * (whole - share) + tile[first - start : full - start] * share
    onto[first:full] = (mixed + whole // 2) // whole
