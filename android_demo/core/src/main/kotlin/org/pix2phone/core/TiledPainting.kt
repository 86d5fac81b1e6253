package org.pix2phone.core

/** A picture of [height] x [width], one ARGB number a pixel, row by row. */
class Picture(val height: Int, val width: Int, val argb: IntArray = IntArray(height * width))

/** Reads rows [from] until [from] + [count] of a picture into a [Picture] of the whole width. */
typealias ReadRows = (from: Int, count: Int) -> Picture

/**
 * Paint a picture by [plan] and hand its finished rows to [write], from the top.
 *
 * [paint] gets each tile as it lies in the picture and gives one of the same size. Beside the picture itself only two
 * strips of tiles, as wide as it is, are in memory.
 */
fun paintTiles(plan: Plan, read: ReadRows, write: (from: Int, rows: Picture) -> Unit, paint: (Picture) -> Picture) {
    val (height, width) = plan.rows.last().end to plan.columns.last().end
    var above: Picture? = null
    for (row in plan.rows) {
        val band = read(row.start, minOf(plan.sides.height, height - row.start))
        val strip = Picture(band.height, width)
        for (column in plan.columns) {
            val tile = cut(band, column.start, minOf(plan.sides.width, width - column.start))
            layAcross(strip, paint(tile), column)
        }
        above = layDown(above, strip, row).also { write(row.first, it) }
    }
}

private fun cut(band: Picture, from: Int, width: Int): Picture {
    val tile = Picture(band.height, width)
    for (y in 0 until band.height) {
        band.argb.copyInto(tile.argb, y * width, y * band.width + from, y * band.width + from + width)
    }
    return tile
}

/** Lay [tile] over [strip], of the same height, from left to right. */
internal fun layAcross(strip: Picture, tile: Picture, span: Span) {
    val whole = span.full - span.first + 1
    for (y in 0 until strip.height) {
        for (x in span.first until span.end) {
            val share = if (x < span.full) x - span.first + 1 else whole
            val to = y * strip.width + x
            strip.argb[to] = mix(strip.argb[to], tile.argb[y * tile.width + x - span.start], share, whole)
        }
    }
}

/** The picture's rows from span.first to span.end: [strip], fading in over the last rows of what lies [above]. */
internal fun layDown(above: Picture?, strip: Picture, span: Span): Picture {
    val (width, whole) = strip.width to span.full - span.first + 1
    val laid = Picture(span.end - span.first, width)
    above?.argb?.let { it.copyInto(laid.argb, 0, it.size - (span.full - span.first) * width) }
    for (y in span.first until span.end) {
        val share = if (y < span.full) y - span.first + 1 else whole
        val (to, from) = (y - span.first) * width to (y - span.start) * width
        for (x in 0 until width) laid.argb[to + x] = mix(laid.argb[to + x], strip.argb[from + x], share, whole)
    }
    return laid
}

private fun mix(under: Int, over: Int, share: Int, whole: Int): Int {
    if (share == whole) return over
    var mixed = 0xFF
    for (shift in intArrayOf(16, 8, 0)) {
        val sum = (under shr shift and 0xFF) * (whole - share) + (over shr shift and 0xFF) * share
        mixed = mixed shl 8 or (sum + whole / 2) / whole
    }
    return mixed
}
