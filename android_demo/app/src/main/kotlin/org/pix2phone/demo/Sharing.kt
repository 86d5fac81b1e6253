package org.pix2phone.demo

import android.content.ContentProvider
import android.content.ContentValues
import android.content.Context
import android.content.Intent
import android.database.Cursor
import android.database.MatrixCursor
import android.graphics.Bitmap
import android.net.Uri
import android.os.Build
import android.os.ParcelFileDescriptor
import android.provider.MediaStore
import android.provider.OpenableColumns
import java.io.File
import java.io.FileNotFoundException
import java.io.IOException

private const val AUTHORITY = "org.pix2phone.demo.files"
private const val FOLDER = "shared" // in the cache
private const val QUALITY = 95

/** Lets another app read one shared file, and no other; it is told which by [shareFile]. */
class SharedFiles : ContentProvider() {
    override fun onCreate() = true

    override fun openFile(uri: Uri, mode: String): ParcelFileDescriptor {
        if (mode != "r") throw FileNotFoundException("only to be read")
        return ParcelFileDescriptor.open(find(uri), ParcelFileDescriptor.MODE_READ_ONLY)
    }

    override fun query(
        uri: Uri, columns: Array<String>?, selection: String?, arguments: Array<String>?, order: String?,
    ): Cursor {
        val file = find(uri)
        val known = mapOf<String, Any>(OpenableColumns.DISPLAY_NAME to file.name, OpenableColumns.SIZE to file.length())
        val names = (columns ?: known.keys.toTypedArray()).filter { it in known }
        return MatrixCursor(names.toTypedArray()).apply { addRow(names.map(known::get).toTypedArray()) }
    }

    override fun getType(uri: Uri) = if (uri.lastPathSegment.orEmpty().endsWith(".json")) "application/json" else "image/jpeg"
    override fun insert(uri: Uri, values: ContentValues?): Uri? = null
    override fun update(uri: Uri, values: ContentValues?, selection: String?, arguments: Array<String>?) = 0
    override fun delete(uri: Uri, selection: String?, arguments: Array<String>?) = 0

    private fun find(uri: Uri): File {
        val name = uri.pathSegments.singleOrNull() ?: throw FileNotFoundException(uri.toString())
        return File(sharedFolder(requireNotNull(context)), File(name).name).takeIf { it.isFile }
            ?: throw FileNotFoundException(uri.toString())
    }
}

private fun sharedFolder(context: Context) = File(context.cacheDir, FOLDER).apply { mkdirs() }

/** Offer a copy of a file named [name] to other apps; [write] fills it. */
fun shareFile(context: Context, name: String, type: String, write: (File) -> Unit) {
    write(File(sharedFolder(context), name))
    val uri = Uri.Builder().scheme("content").authority(AUTHORITY).appendPath(name).build()
    val intent = Intent(Intent.ACTION_SEND).setType(type).putExtra(Intent.EXTRA_STREAM, uri)
    intent.addFlags(Intent.FLAG_GRANT_READ_URI_PERMISSION)
    context.startActivity(Intent.createChooser(intent, null))
}

fun sharePicture(context: Context, picture: Bitmap) =
    shareFile(context, "painted.jpg", "image/jpeg") { file -> file.outputStream().use { writeJpeg(picture, it) } }

/** Save [picture] among the phone's photos. IOException when there is no room for it. */
fun savePicture(context: Context, picture: Bitmap) {
    val values = ContentValues()
    values.put(MediaStore.MediaColumns.DISPLAY_NAME, "pix2phone-${System.currentTimeMillis()}.jpg")
    values.put(MediaStore.MediaColumns.MIME_TYPE, "image/jpeg")
    if (Build.VERSION.SDK_INT >= Build.VERSION_CODES.Q) {
        values.put(MediaStore.MediaColumns.RELATIVE_PATH, "Pictures/pix2phone")
    }
    val resolver = context.contentResolver
    val place = resolver.insert(MediaStore.Images.Media.EXTERNAL_CONTENT_URI, values) ?: throw IOException("no place for it")
    try {
        (resolver.openOutputStream(place) ?: throw IOException("no place for it")).use { writeJpeg(picture, it) }
    } catch (error: IOException) {
        resolver.delete(place, null, null)
        throw error
    }
}

private fun writeJpeg(picture: Bitmap, stream: java.io.OutputStream) {
    if (!picture.compress(Bitmap.CompressFormat.JPEG, QUALITY, stream)) throw IOException("not written")
}
