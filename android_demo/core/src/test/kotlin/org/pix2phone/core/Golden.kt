package org.pix2phone.core

import java.io.File
import kotlinx.serialization.json.Json
import kotlinx.serialization.json.JsonArray
import kotlinx.serialization.json.JsonElement
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.JsonPrimitive
import kotlinx.serialization.json.boolean
import kotlinx.serialization.json.double
import kotlinx.serialization.json.int
import kotlinx.serialization.json.jsonArray
import kotlinx.serialization.json.jsonObject
import kotlinx.serialization.json.jsonPrimitive
import org.junit.Assert.assertTrue

// What Python makes of the same inputs: tests/golden/write.py.

/** The entries of the list [name] in the golden file [file]; at least one. */
fun golden(file: String, name: String): List<JsonObject> {
    val folder = checkNotNull(System.getProperty("golden")) { "-Dgolden names the folder tests/golden" }
    val entries = Json.parseToJsonElement(File(folder, file).readText()).jsonObject.getValue(name).jsonArray
    assertTrue(entries.isNotEmpty())
    return entries.map { it.jsonObject }
}

fun JsonObject.int(key: String) = getValue(key).jsonPrimitive.int
fun JsonObject.double(key: String) = getValue(key).jsonPrimitive.double
fun JsonObject.text(key: String) = getValue(key).jsonPrimitive.content
fun JsonObject.flag(key: String) = getValue(key).jsonPrimitive.boolean
fun JsonObject.entry(key: String) = getValue(key).jsonObject
fun JsonObject.entries(key: String) = this[key]?.jsonArray?.map { it.jsonObject } ?: emptyList()
fun JsonObject.ints(key: String) = getValue(key).jsonArray.map { it.jsonPrimitive.int }
fun JsonObject.texts(key: String) = getValue(key).jsonArray.map { it.jsonPrimitive.content }
fun JsonObject.doubles(key: String) = getValue(key).jsonArray.map { it.jsonPrimitive.double }

/** RGB bytes row by row as a picture. */
fun pictureOf(height: Int, width: Int, rgb: List<Int>) = Picture(
    height, width, IntArray(height * width) { 0xFF shl 24 or (rgb[3 * it] shl 16) or (rgb[3 * it + 1] shl 8) or rgb[3 * it + 2] },
)

/** A picture as RGB bytes row by row. */
fun Picture.rgb() = argb.flatMap { listOf(it shr 16 and 0xFF, it shr 8 and 0xFF, it and 0xFF) }

/** Where two JSON values differ; null if nowhere. Numbers are compared as numbers. */
fun difference(ours: JsonElement, theirs: JsonElement, path: String = "$"): String? = when {
    ours is JsonObject && theirs is JsonObject ->
        if (ours.keys != theirs.keys) "$path: ${ours.keys} and ${theirs.keys}"
        else ours.keys.firstNotNullOfOrNull { difference(ours.getValue(it), theirs.getValue(it), "$path.$it") }
    ours is JsonArray && theirs is JsonArray ->
        if (ours.size != theirs.size) "$path: ${ours.size} and ${theirs.size} entries"
        else ours.indices.firstNotNullOfOrNull { difference(ours[it], theirs[it], "$path[$it]") }
    ours is JsonPrimitive && theirs is JsonPrimitive && same(ours, theirs) -> null
    else -> "$path: $ours and $theirs"
}

private fun same(ours: JsonPrimitive, theirs: JsonPrimitive) = ours.isString == theirs.isString &&
    (ours.content == theirs.content || ours.content.toDoubleOrNull() == (theirs.content.toDoubleOrNull() ?: Double.NaN))
