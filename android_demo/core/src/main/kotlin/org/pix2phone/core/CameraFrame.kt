package org.pix2phone.core

import java.nio.ByteBuffer

private const val HALF = 1 shl 15 // of the fixed point, 16 bits
private const val CR_TO_RED = 91881 // 1.402
private const val CB_TO_GREEN = 22554 // 0.344136
private const val CR_TO_GREEN = 46802 // 0.714136
private const val CB_TO_BLUE = 116130 // 1.772

/** Two chroma planes of half the sides: bytes from one row to the next, and from one pixel to the next. */
class Chroma(val cb: ByteBuffer, val cr: ByteBuffer, val rowStride: Int, val pixelStride: Int)

/** A camera's frame in YCbCr, full range, BT.601 (JFIF), as Android's YUV_420_888 has it. */
class CameraFrame(val height: Int, val width: Int, val luma: ByteBuffer, val lumaStride: Int, val chroma: Chroma) {
    /** Its sides when it is turned by [degrees]. */
    fun upright(degrees: Int) = if (degrees % 180 == 0) Sides(height, width) else Sides(width, height)

    /** Write it into [picture], of the sides of [upright]: turned clockwise, then, with [mirror], swapped left and right. */
    fun writeTo(picture: Picture, degrees: Int, mirror: Boolean) {
        for (y in 0 until height) {
            val chromaRow = (y shr 1) * chroma.rowStride
            for (x in 0 until width) {
                val place = chromaRow + (x shr 1) * chroma.pixelStride
                val light = (luma.get(y * lumaStride + x).toInt() and 0xFF shl 16) + HALF
                val cb = (chroma.cb.get(place).toInt() and 0xFF) - 128
                val cr = (chroma.cr.get(place).toInt() and 0xFF) - 128
                picture.argb[target(x, y, degrees, mirror, picture.width)] = argb(light, cb, cr)
            }
        }
    }

    private fun target(x: Int, y: Int, degrees: Int, mirror: Boolean, across: Int): Int {
        val (row, column) = when (degrees) {
            0 -> y to x
            90 -> x to height - 1 - y
            180 -> height - 1 - y to width - 1 - x
            else -> width - 1 - x to y
        }
        return row * across + if (mirror) across - 1 - column else column
    }
}

private fun argb(light: Int, cb: Int, cr: Int): Int {
    val red = (light + CR_TO_RED * cr shr 16).coerceIn(0, 255)
    val green = (light - CB_TO_GREEN * cb - CR_TO_GREEN * cr shr 16).coerceIn(0, 255)
    val blue = (light + CB_TO_BLUE * cb shr 16).coerceIn(0, 255)
    return 0xFF shl 24 or (red shl 16) or (green shl 8) or blue
}

/** By how many degrees clockwise a frame is turned to stand upright on a screen turned by [screen]. */
fun turnOf(sensor: Int, screen: Int, front: Boolean) = if (front) (sensor + screen) % 360 else (sensor - screen + 360) % 360
