package org.pix2phone.core

// Pictures too large for one piece, painted tile by tile: the sums of convert/runtimes/tiles.py, where they are explained, and of
// convert/runtimes/base.py, in whole numbers, so that the same bytes come out. tests/golden/tiles.json holds both to
// the same results.

const val WHOLE = 1920 * 1088 // pixels: a larger picture goes by tiles
const val LARGEST_SIDE = 4096 // pixels: likewise
const val TILE = 1024 // pixels a side at most, or the next multiple of the network's grid
private const val RAMP = 32 // pixels, at least, across which one tile fades into the next

/** Height and width in pixels. */
data class Sides(val height: Int, val width: Int) {
    val pixels get() = height.toLong() * width
}

/** A tile along one axis: it begins at [start], counts more and more from [first], wholly from [full] to [end]. */
data class Span(val start: Int, val first: Int, val full: Int, val end: Int)

/** Every one of [rows] with every one of [columns], each tile [sides] large; one of each where there is one piece. */
data class Plan(val sides: Sides, val rows: List<Span>, val columns: List<Span>) {
    val total get() = rows.size * columns.size

    /** By how many pixels neighbours overlap at least; 0 for a single tile. */
    internal val overlap
        get() = listOf(sides.height to rows, sides.width to columns)
            .filter { (_, spans) -> spans.size > 1 }
            .minOfOrNull { (side, spans) -> side - spans[1].start } ?: 0
}

/**
 * How a picture of [height] x [width] goes through a file of these [facts]. BadModel for what would take tiles of a
 * network that looks at the whole picture.
 */
fun planFor(height: Int, width: Int, facts: Facts): Plan {
    val found = planAnyway(height, width, facts)
    if (facts.global && found.total > 1) throw BadModel(inOnePiece(facts))
    return found
}

private fun inOnePiece(facts: Facts): String {
    val most = facts.sizes.maxByOrNull { it.pixels }?.let { "${it.width} x ${it.height} pixels" } ?: "2 megapixels"
    return "This model looks at the whole picture and paints it in one piece, up to $most; choose a smaller one."
}

private fun planAnyway(height: Int, width: Int, facts: Facts): Plan {
    val (multiple, reach) = facts.multiple to facts.reach
    if (facts.sizes.isNotEmpty()) return planForSizes(height, width, facts)
    if (height.toLong() * width <= WHOLE && maxOf(height, width) <= LARGEST_SIDE) {
        return plan(height, width, Sides(up(height, multiple), up(width, multiple)), reach, multiple)
    }
    val most = up(TILE, multiple)
    return plan(
        height, width, Sides(evenSide(height, most, reach, multiple), evenSide(width, most, reach, multiple)),
        reach, multiple,
    )
}

private fun planForSizes(height: Int, width: Int, facts: Facts): Plan {
    val (multiple, reach) = facts.multiple to facts.reach
    val sizes = facts.sizes.sortedBy { it.pixels }
    val fitting = sizes.firstOrNull { it.height >= height && it.width >= width }
    if (fitting != null) return plan(height, width, fitting, reach, multiple)
    val enough = sizes.filter {
        plan(2 * it.height, 2 * it.width, it, reach, multiple).overlap >= 2 * reach
    }
    return enough.ifEmpty { sizes }.map { plan(height, width, it, reach, multiple) }
        .minBy { it.total * it.sides.pixels }
}

/** Cut a picture into tiles of [sides], at least [grid] each. */
fun plan(height: Int, width: Int, sides: Sides, reach: Int, grid: Int) =
    Plan(sides, spans(height, sides.height, reach, grid), spans(width, sides.width, reach, grid))

private fun up(length: Int, grid: Int) = (length + grid - 1) / grid * grid

private fun evenSide(length: Int, most: Int, reach: Int, grid: Int): Int {
    if (length <= most) return up(length, grid)
    val overlap = minOf(up(2 * reach + RAMP, grid), most / 2)
    val count = up(length - overlap, most - overlap) / (most - overlap)
    return up((length + (count - 1) * overlap + count - 1) / count, grid)
}

private fun spans(length: Int, side: Int, reach: Int, grid: Int): List<Span> {
    if (length <= side) return listOf(Span(0, 0, 0, length))
    val room = Math.floorDiv(side / 2 - RAMP, 2)
    val margin = maxOf(0, minOf(reach, room, (side - grid) / 2))
    val step = maxOf(grid, Math.floorDiv(side - 2 * margin - RAMP, grid) * grid)
    val ramp = side - 2 * margin - step
    val last = up(length - side, grid)
    val found = mutableListOf(Span(0, 0, 0, side - margin))
    var start = 0
    while (start < last) {
        start = minOf(start + step, last)
        val full = found.last().end
        found += Span(start, full - ramp, full, if (start == last) length else start + side - margin)
    }
    return found
}
