package org.pix2phone.core

import java.nio.ByteBuffer

/** What the numbers at a network's ends are, and how many [bytes] one takes. */
enum class Numbers(val word: String, val bytes: Int) { UINT8("uint8", 1), FLOAT32("float32", 4) }

/**
 * Write [picture] into [into], a network's input of [sides] x 3 [numbers] in the order of the buffer.
 *
 * Padded below and on the right as convert/runtimes/base.py does: mirrored where the picture is large enough for that,
 * else its edge goes on.
 */
fun toNetwork(picture: Picture, sides: Sides, numbers: Numbers, into: ByteBuffer) {
    val mirrored = sides.height - picture.height < picture.height && sides.width - picture.width < picture.width
    val columns = sources(picture.width, sides.width, mirrored)
    val rows = sources(picture.height, sides.height, mirrored)
    into.clear()
    for (y in rows) for (x in columns) {
        val pixel = picture.argb[y * picture.width + x]
        if (numbers == Numbers.UINT8) {
            into.put((pixel shr 16).toByte()).put((pixel shr 8).toByte()).put(pixel.toByte())
        } else {
            for (shift in 16 downTo 0 step 8) into.putFloat((pixel shr shift and 0xFF) / 255f)
        }
    }
    into.rewind()
}

/** Which of [length] pixels each of [padded] ones shows. */
private fun sources(length: Int, padded: Int, mirrored: Boolean) = IntArray(padded) {
    if (it < length) it else if (mirrored) 2 * (length - 1) - it else length - 1
}

/** Read the upper left of [from], what a network gave, [wide] pixels across, into [picture]. NaN becomes black. */
fun fromNetwork(from: ByteBuffer, wide: Int, numbers: Numbers, picture: Picture) {
    for (y in 0 until picture.height) for (x in 0 until picture.width) {
        val place = (y * wide + x) * 3
        var pixel = 0xFF
        for (channel in place until place + 3) {
            val level = when (numbers) {
                Numbers.UINT8 -> from.get(channel).toInt() and 0xFF
                Numbers.FLOAT32 -> level(from.getFloat(4 * channel))
            }
            pixel = pixel shl 8 or level
        }
        picture.argb[y * picture.width + x] = pixel
    }
}

private fun level(number: Float) =
    if (number.isNaN()) 0 else Math.rint(number.coerceIn(0f, 1f) * 255.0).toInt()
