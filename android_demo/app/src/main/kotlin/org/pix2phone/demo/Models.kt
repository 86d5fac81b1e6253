package org.pix2phone.demo

import android.content.Context
import java.io.FileInputStream
import java.io.IOException
import java.nio.ByteBuffer
import java.nio.channels.FileChannel
import java.security.MessageDigest
import org.pix2phone.core.BadModel
import org.pix2phone.core.BenchmarkFile
import org.pix2phone.core.ModelFile
import org.pix2phone.core.precisionOf
import org.pix2phone.core.readModel

private const val FOLDER = "models" // convert/plan/apps.py puts them there
private const val SUFFIX = ".tflite"

/** A model in the app: its file's name, the file mapped into memory, and what it says of itself. */
class Model(val file: String, val content: ByteBuffer, val about: ModelFile) {
    val precision get() = precisionOf(file, about.numbers)

    fun benchmarkFile(): BenchmarkFile {
        val digest = MessageDigest.getInstance("SHA-256").apply { update(content.duplicate()) }.digest()
        val hexadecimal = digest.joinToString("") { "%02x".format(it) }
        return BenchmarkFile(file, content.capacity().toLong(), hexadecimal, about.facts.model.ifEmpty { file }, precision)
    }
}

/** The names of the files in the app, the fastest on a CPU first. */
fun modelNames(context: Context): List<String> =
    context.assets.list(FOLDER).orEmpty().filter { it.endsWith(SUFFIX) }.sortedByDescending { "int8" in it }

/** The model in the file [name]. BadModel when it is broken, or not for pictures. */
fun openModel(context: Context, name: String): Model {
    val content = try {
        context.assets.openFd("$FOLDER/$name").use { file ->
            FileInputStream(file.fileDescriptor).use {
                it.channel.map(FileChannel.MapMode.READ_ONLY, file.startOffset, file.declaredLength)
            }
        }
    } catch (_: IOException) { // gone, or compressed
        throw BadModel("The file $name cannot be opened; make it again with python -m convert --target android.")
    }
    return Model(name, content, readModel(content))
}

/** The models that can be used, each opened when it is asked for. BadModel, in a sentence, when there is none. */
fun soundModels(context: Context): Sequence<Model> = sequence {
    var problem: BadModel? = BadModel(context.getString(R.string.no_model))
    for (name in modelNames(context)) {
        val model = try {
            openModel(context, name)
        } catch (error: BadModel) { // the list of models says so too
            if (problem != null) problem = error
            continue
        }
        problem = null
        yield(model)
    }
    problem?.let { throw it }
}
