package org.pix2phone.core

import java.nio.ByteBuffer
import java.nio.ByteOrder
import kotlinx.serialization.json.Json
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.int
import kotlinx.serialization.json.jsonArray
import kotlinx.serialization.json.jsonObject
import kotlinx.serialization.json.jsonPrimitive

// FlatBuffers: a table starts with its distance back to a vtable, which says where each field lies in the table, 0 for
// one that is not there. Field numbers are those of TensorFlow's schema.fbs, in the order they are declared.
private const val METADATA_NAME = "pix2phone" // convert/metadata.py
private const val REACH = 64 // pixels: of a file that does not say its own

/** What a file says of itself (convert/plan/model_card.py); [sizes] of one that takes only these, [global]: never by tiles. */
data class Facts(
    val multiple: Int,
    val reach: Int = REACH,
    val sizes: List<Sides> = emptyList(),
    val name: String = "",
    val model: String = "",
    val author: String = "",
    val licence: String = "",
    val global: Boolean = false,
)

/** A .tflite file: its [facts], what the [numbers] at both ends are, and the [sides] that it was written for. */
data class ModelFile(val facts: Facts, val numbers: Numbers, val sides: Sides)

/** A file that cannot be used; [message] is one sentence. */
class BadModel(message: String) : Exception(message)

/** What the .tflite file [content] says of itself. BadModel for anything else. */
fun readModel(content: ByteBuffer): ModelFile {
    val found = try {
        Reader(content.duplicate().order(ByteOrder.LITTLE_ENDIAN)).model()
    } catch (error: RuntimeException) { // a broken file reads beyond its end, or is no JSON
        throw BadModel("This is no .tflite file, or a broken one (${error.message ?: error.javaClass.simpleName}).")
    }
    return found ?: throw BadModel("This file does not say which sizes it takes; make it with python -m convert.")
}

/** Facts from their JSON. */
fun factsOf(json: JsonObject): Facts {
    fun text(key: String) = json[key]?.jsonPrimitive?.content ?: ""
    val sizes = json["sizes"]?.jsonArray?.map { it.jsonArray }?.map { (height, width) ->
        Sides(height.jsonPrimitive.int, width.jsonPrimitive.int)
    }
    return Facts(
        json.getValue("multiple").jsonPrimitive.int, json["reach"]?.jsonPrimitive?.int ?: REACH, sizes ?: emptyList(),
        text("name"), text("model"), text("author"), text("licence"), text("tiling") == "global",
    )
}

private class Reader(private val bytes: ByteBuffer) {
    /** Null where the file carries no facts. */
    fun model(): ModelFile? {
        require(text(4, 4) == "TFL3") { "no TFL3 mark" }
        val model = target(0)
        val graph = tables(model, 2).first()
        val tensors = tables(graph, 0)
        val (input, output) = listOf(1, 2).map { tensors[integers(graph, it).first()] }
        val (taken, given) = listOf(input, output).map { integers(it, 0) to byte(it, 1) }
        require(taken.first.size == 4 && taken.first[3] == 3 && given.first.last() == 3 && taken.second == given.second) {
            "it must take and give 1 x height x width x 3, as bytes or float32"
        }
        val numbers = mapOf(0 to Numbers.FLOAT32, 3 to Numbers.UINT8)[taken.second]
        requireNotNull(numbers) { "its numbers are neither bytes nor float32" }
        val entry = tables(model, 6).firstOrNull { content(it, 0) == METADATA_NAME } ?: return null
        val buffer = tables(model, 4)[field(entry, 1)?.let(bytes::getInt) ?: 0]
        val facts = factsOf(Json.parseToJsonElement(content(buffer, 0)).jsonObject)
        require(facts.multiple >= 1) { "the multiple of its sides is ${facts.multiple}" }
        return ModelFile(facts, numbers, Sides(taken.first[1], taken.first[2]))
    }

    private fun target(place: Int) = place + bytes.getInt(place)

    /** Where field [number] of [table] lies; null where it is not there. */
    private fun field(table: Int, number: Int): Int? {
        val vtable = table - bytes.getInt(table)
        val place = 4 + 2 * number
        if (place >= bytes.getShort(vtable)) return null
        return bytes.getShort(vtable + place).toInt().takeIf { it != 0 }?.let { table + it }
    }

    /** The first element's place, and how many there are. */
    private fun vector(table: Int, number: Int): Pair<Int, Int> {
        val vector = target(field(table, number) ?: return 0 to 0)
        val length = bytes.getInt(vector)
        require(length in 0..bytes.limit()) { "a vector longer than the file" }
        return vector + 4 to length
    }

    private fun tables(table: Int, number: Int) =
        vector(table, number).let { (start, length) -> List(length) { target(start + 4 * it) } }

    private fun integers(table: Int, number: Int) =
        vector(table, number).let { (start, length) -> List(length) { bytes.getInt(start + 4 * it) } }

    private fun content(table: Int, number: Int) = vector(table, number).let { (start, length) -> text(start, length) }

    private fun byte(table: Int, number: Int) = field(table, number)?.let { bytes.get(it).toInt() } ?: 0

    private fun text(start: Int, length: Int) =
        ByteArray(length).also { part -> part.indices.forEach { part[it] = bytes.get(start + it) } }.decodeToString()
}
