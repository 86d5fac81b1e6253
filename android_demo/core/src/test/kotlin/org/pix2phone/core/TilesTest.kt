package org.pix2phone.core

import kotlinx.serialization.json.int
import kotlinx.serialization.json.jsonArray
import kotlinx.serialization.json.jsonPrimitive
import org.junit.Assert.assertEquals
import org.junit.Assert.assertThrows
import org.junit.Assert.assertTrue
import org.junit.Test

class TilesTest {
    @Test
    fun `tiles are planned as in Python`() {
        val plans = golden("tiles.json", "plans")
        assertTrue(plans.size > 20)
        for (entry in plans) {
            val found = planFor(entry.int("height"), entry.int("width"), factsOf(entry.entry("facts")))
            fun spans(key: String) = entry.getValue(key).jsonArray.map { span ->
                val (start, first, full, end) = span.jsonArray.map { it.jsonPrimitive.int }
                Span(start, first, full, end)
            }
            val (height, width) = entry.ints("sides")
            assertEquals(Plan(Sides(height, width), spans("rows"), spans("columns")), found)
        }
    }

    @Test
    fun `a model that looks at the whole picture is never painted by tiles`() {
        for (entry in golden("tiles.json", "refused")) {
            val facts = factsOf(entry.entry("facts"))
            val error = assertThrows(BadModel::class.java) { planFor(entry.int("height"), entry.int("width"), facts) }
            assertTrue(error.message, error.message!!.startsWith("This model looks at the whole picture"))
        }
    }

    @Test
    fun `tiles are laid over each other as in Python`() {
        for (entry in golden("tiles.json", "blends")) {
            val (height, width) = entry.int("height") to entry.int("width")
            val (high, wide) = entry.ints("sides")
            val plan = plan(height, width, Sides(high, wide), entry.int("reach"), entry.int("grid"))
            val painted = Picture(height, width)
            var value = 7
            paintTiles(
                plan,
                read = { from, count -> Picture(count, width, painted.argb.copyOfRange(from * width, (from + count) * width)) },
                write = { from, rows -> rows.argb.copyInto(painted.argb, from * width) },
            ) { tile ->
                tile.argb.fill(0xFF shl 24 or 0x010101 * value)
                value += 40
                tile
            }
            assertEquals(entry.ints("row"), List(width) { painted.argb[height / 2 * width + it] and 0xFF })
            assertEquals(entry.ints("column"), List(height) { painted.argb[it * width + width / 2] and 0xFF })
            assertTrue(painted.argb.all { it ushr 24 == 0xFF })
        }
    }

    @Test
    fun `tiles of a network that changes nothing give the picture back`() {
        val picture = Picture(150, 170).apply { argb.indices.forEach { argb[it] = 0xFF shl 24 or (it * 7919 and 0xFFFFFF) } }
        val painted = Picture(150, 170)
        paintTiles(
            plan(150, 170, Sides(96, 64), 4, 4),
            read = { from, count -> Picture(count, 170, picture.argb.copyOfRange(from * 170, (from + count) * 170)) },
            write = { from, rows -> rows.argb.copyInto(painted.argb, from * 170) },
        ) { it }
        assertTrue(picture.argb.contentEquals(painted.argb))
    }

    @Test
    fun `a photo too large for memory is shrunk by a power of two`() {
        assertEquals(1, shrinkingFor(3000, 4000, 256L shl 20))
        assertEquals(2, shrinkingFor(6000, 8000, 256L shl 20))
        assertEquals(8, shrinkingFor(30_000, 40_000, 400L shl 20))
    }
}
