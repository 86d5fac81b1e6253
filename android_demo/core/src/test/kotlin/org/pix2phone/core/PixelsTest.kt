package org.pix2phone.core

import java.nio.ByteBuffer
import java.nio.ByteOrder
import org.junit.Assert.assertEquals
import org.junit.Assert.assertTrue
import org.junit.Test

class PixelsTest {
    @Test
    fun `pictures are padded as in Python and cropped back`() {
        for (entry in golden("pixels.json", "padded")) {
            val picture = pictureOf(entry.int("height"), entry.int("width"), entry.ints("picture"))
            val (high, wide) = entry.ints("sides")
            for (numbers in Numbers.entries) {
                val buffer = ends(high * wide * 3, numbers)
                toNetwork(picture, Sides(high, wide), numbers, buffer)
                val padded = Picture(high, wide).also { fromNetwork(buffer, wide, numbers, it) }
                assertEquals(entry.ints("padded"), padded.rgb())
                val cropped = Picture(picture.height, picture.width).also { fromNetwork(buffer, wide, numbers, it) }
                assertTrue(picture.argb.contentEquals(cropped.argb))
            }
        }
    }

    @Test
    fun `numbers become bytes as in Python, and NaN black`() {
        for (entry in golden("pixels.json", "levels")) {
            val numbers = entry.doubles("numbers")
            val buffer = ends(numbers.size, Numbers.FLOAT32)
            numbers.forEachIndexed { index, number -> buffer.putFloat(4 * index, number.toFloat()) }
            val picture = Picture(1, numbers.size / 3).also { fromNetwork(buffer, it.width, Numbers.FLOAT32, it) }
            assertEquals(entry.ints("bytes"), picture.rgb())
        }
        val buffer = ends(3, Numbers.FLOAT32).putFloat(0, Float.NaN)
        assertEquals(listOf(0, 0, 0), Picture(1, 1).also { fromNetwork(buffer, 1, Numbers.FLOAT32, it) }.rgb())
    }

    @Test
    fun `camera frames become upright pictures as in Python`() {
        val frames = golden("pixels.json", "frames")
        assertEquals(16, frames.size)
        for (entry in frames) {
            val (cb, cr) = bytes(entry.ints("cb")) to bytes(entry.ints("cr"))
            val chroma = Chroma(cb, cr, entry.int("row_stride"), entry.int("pixel_stride"))
            val frame = CameraFrame(
                entry.int("height"), entry.int("width"), bytes(entry.ints("luma")), entry.int("luma_stride"), chroma,
            )
            val sides = frame.upright(entry.int("degrees"))
            val picture = Picture(sides.height, sides.width)
            frame.writeTo(picture, entry.int("degrees"), entry.flag("mirror"))
            picture.rgb().zip(entry.ints("picture")).forEach { (ours, theirs) -> // pillow rounds elsewhere
                assertTrue("$ours and $theirs", ours - theirs in -1..1)
            }
        }
    }

    @Test
    fun `a sensor's frame is turned against the screen`() {
        assertEquals(listOf(90, 0, 270, 180), listOf(0, 90, 180, 270).map { turnOf(90, it, front = false) })
        assertEquals(listOf(270, 0, 90, 180), listOf(0, 90, 180, 270).map { turnOf(270, it, front = true) })
    }

    private fun ends(count: Int, numbers: Numbers) =
        ByteBuffer.allocateDirect(count * numbers.bytes).order(ByteOrder.nativeOrder())

    private fun bytes(values: List<Int>) = ByteBuffer.wrap(ByteArray(values.size) { values[it].toByte() })
}
