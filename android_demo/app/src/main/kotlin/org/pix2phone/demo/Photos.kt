package org.pix2phone.demo

import android.content.Context
import android.graphics.Bitmap
import android.graphics.BitmapFactory
import android.graphics.Matrix
import android.media.ExifInterface
import android.net.Uri
import java.io.IOException
import org.pix2phone.core.Picture
import org.pix2phone.core.shrinkingFor

private const val SHOWN = 2048 // pixels a side at most, of a photo on the screen

/** The photo at [uri], upright; smaller by a power of two where memory does not hold it. IOException for no photo. */
fun readPhoto(context: Context, uri: Uri): Bitmap {
    val options = BitmapFactory.Options().apply { inJustDecodeBounds = true }
    decode(context, uri, options)
    if (options.outWidth <= 0 || options.outHeight <= 0) throw IOException("no photo")
    val memory = Runtime.getRuntime()
    val free = memory.maxMemory() - (memory.totalMemory() - memory.freeMemory())
    options.inJustDecodeBounds = false
    options.inSampleSize = shrinkingFor(options.outHeight, options.outWidth, free)
    val photo = decode(context, uri, options) ?: throw IOException("no photo")
    val turn = open(context, uri).use { ExifInterface(it) }.let { turnOf(it) }
    return if (turn.isIdentity) photo else Bitmap.createBitmap(photo, 0, 0, photo.width, photo.height, turn, true)
}

/** [photo] painted, in pieces where it is large; [progress] from 0 to 1. */
fun paintPhoto(painter: Painter, photo: Bitmap, progress: (Float) -> Unit): Bitmap {
    val (height, width) = photo.height to photo.width
    val painted = Bitmap.createBitmap(width, height, Bitmap.Config.ARGB_8888)
    painter.paint(
        height, width,
        read = { from, count -> Picture(count, width).also { photo.getPixels(it.argb, 0, width, 0, from, width, count) } },
        write = { from, rows -> painted.setPixels(rows.argb, 0, width, 0, from, width, rows.height) },
        progress,
    )
    return painted
}

/** [picture] so small that every GPU draws it; larger ones Android leaves blank, or refuses. */
fun onScreen(picture: Bitmap): Bitmap {
    val scale = SHOWN / maxOf(picture.width, picture.height).toFloat()
    if (scale >= 1) return picture
    val (width, height) = listOf(picture.width, picture.height).map { (it * scale).toInt().coerceAtLeast(1) }
    return Bitmap.createScaledBitmap(picture, width, height, true)
}

private fun decode(context: Context, uri: Uri, options: BitmapFactory.Options): Bitmap? =
    open(context, uri).use { BitmapFactory.decodeStream(it, null, options) }

private fun open(context: Context, uri: Uri) =
    context.contentResolver.openInputStream(uri) ?: throw IOException("no photo")

private fun turnOf(exif: ExifInterface) = Matrix().apply {
    when (exif.getAttributeInt(ExifInterface.TAG_ORIENTATION, ExifInterface.ORIENTATION_NORMAL)) {
        ExifInterface.ORIENTATION_FLIP_HORIZONTAL -> postScale(-1f, 1f)
        ExifInterface.ORIENTATION_ROTATE_180 -> postRotate(180f)
        ExifInterface.ORIENTATION_FLIP_VERTICAL -> postScale(1f, -1f)
        ExifInterface.ORIENTATION_TRANSPOSE -> { postRotate(90f); postScale(-1f, 1f) }
        ExifInterface.ORIENTATION_ROTATE_90 -> postRotate(90f)
        ExifInterface.ORIENTATION_TRANSVERSE -> { postRotate(270f); postScale(-1f, 1f) }
        ExifInterface.ORIENTATION_ROTATE_270 -> postRotate(270f)
    }
}
