package org.pix2phone.demo

import android.graphics.Bitmap
import android.media.Image
import org.pix2phone.core.CameraFrame
import org.pix2phone.core.Chroma
import org.pix2phone.core.FramePacer
import org.pix2phone.core.FrameTally
import org.pix2phone.core.Picture
import org.pix2phone.core.turnOf

/** Camera frames in, painted bitmaps out; all on the camera's thread. */
class LivePainting(private val painter: Painter, private val pacer: FramePacer) : AutoCloseable {
    val model get() = painter.model
    val backend get() = painter.backend
    val tally = FrameTally()

    /** Show frames as they are. */
    @Volatile
    var original = false
    private var frame = Picture(1, 1)
    private var painted = Picture(1, 1)
    private val bitmaps = arrayOfNulls<Bitmap>(2) // one is on the screen while the other is written
    private var turn = 0

    /** The bitmap to show for [image], or null when it is not its turn. The screen is turned by [screen] degrees. */
    fun paint(image: Image, sensor: Int, screen: Int, front: Boolean): Bitmap? {
        val started = System.nanoTime()
        if (!pacer.take(started)) return null
        try {
            convert(image, turnOf(sensor, screen, front), front)
            if (!original) painter.paint(frame, painted)
            val ready = System.nanoTime()
            val bitmap = show(if (original) frame else painted)
            val shown = System.nanoTime()
            val network = if (original) 0.0 else painter.networkMilliseconds
            tally.add((ready - started) / 1e6 - network, network, (shown - ready) / 1e6, shown)
            return bitmap
        } finally {
            pacer.finished()
        }
    }

    override fun close() = painter.close()

    private fun convert(image: Image, degrees: Int, front: Boolean) {
        val (luma, cb, cr) = image.planes
        val chroma = Chroma(cb.buffer, cr.buffer, cb.rowStride, cb.pixelStride)
        val taken = CameraFrame(image.height, image.width, luma.buffer, luma.rowStride, chroma)
        val sides = taken.upright(degrees)
        if (frame.height != sides.height || frame.width != sides.width) {
            frame = Picture(sides.height, sides.width)
            painted = Picture(sides.height, sides.width)
        }
        taken.writeTo(frame, degrees, front)
    }

    private fun show(picture: Picture): Bitmap {
        turn = 1 - turn
        val bitmap = bitmaps[turn]?.takeIf { it.width == picture.width && it.height == picture.height }
            ?: Bitmap.createBitmap(picture.width, picture.height, Bitmap.Config.ARGB_8888).also { bitmaps[turn] = it }
        bitmap.setPixels(picture.argb, 0, picture.width, 0, 0, picture.width, picture.height)
        return bitmap
    }
}
