package org.pix2phone.core

import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.JsonObjectBuilder
import kotlinx.serialization.json.add
import kotlinx.serialization.json.addJsonObject
import kotlinx.serialization.json.buildJsonObject
import kotlinx.serialization.json.put
import kotlinx.serialization.json.putJsonArray
import kotlinx.serialization.json.putJsonObject

// One benchmark run as benchmarks/schema.json has it. What could not be had is null here, and left out there.
private const val FORMAT = 2

data class Device(
    val name: String, val cpu: String?, val cores: Int, val memoryBytes: Long, val version: String,
    val architecture: String?, val processor: Processor?,
)

data class Reading(
    val atS: Double, val heat: Heat? = null, val batteryPercent: Double? = null, val charging: Boolean? = null,
    val celsius: Double? = null,
)

/** A part of the sustained curve that ended at [atS] seconds. */
data class Slice(val atS: Double, val medianMs: Double, val runs: Int, val heat: Heat?)

data class BenchmarkFile(val name: String, val bytes: Long, val sha256: String, val model: String, val precision: String)

/** One file at one size on one backend: [measured], or one line's [reason] why not, [failed] if it was tried. */
data class Row(
    val file: BenchmarkFile, val backend: String, val threads: Int?, val size: Sides, val measured: Measured? = null,
    val failed: Boolean = false, val reason: String = "",
)

data class Run(
    val made: String, val device: Device, val versions: Map<String, String>, val protocol: Protocol,
    val rows: List<Row>,
) {
    fun toJson(): JsonObject = buildJsonObject {
        put("format", FORMAT)
        put("by", "android")
        put("made", made)
        putDevice(device)
        putJsonObject("versions") { versions.forEach { (name, version) -> put(name, version) } }
        putSettings(protocol)
        putJsonObject("files") {
            rows.map { it.file }.distinct().forEach {
                putJsonObject(it.name) { put("bytes", it.bytes); put("sha256", it.sha256) }
            }
        }
        putJsonArray("rows") { rows.forEach { row -> addJsonObject { putRow(row) } } }
    }
}

private fun JsonObjectBuilder.putDevice(device: Device) {
    putJsonObject("hardware") {
        put("device", device.name)
        device.cpu?.let { put("cpu", it) }
        device.processor?.let { found ->
            putJsonArray("instructions") { found.instructions.forEach { add(it) } }
            put("dot_products", found.dotProducts)
        }
        put("cores", device.cores)
        put("memory_bytes", device.memoryBytes)
    }
    putJsonObject("os") {
        put("name", "Android")
        put("version", device.version)
        device.architecture?.let { put("architecture", it) }
    }
}

private fun JsonObjectBuilder.putSettings(protocol: Protocol) = putJsonObject("settings") {
    putJsonArray("sizes") { protocol.sizes.forEach { side -> addJsonObject { putSides(Sides(side, side)) } } }
    putJsonArray("iterations") { protocol.iterations.forEach { add(it) } }
    put("trim_percent", TRIM_PERCENT)
    put("warm_ups", WARM_UPS)
    put("seconds", protocol.seconds)
    put("sustained_seconds", protocol.sustained)
    put("quick", protocol.quick)
}

private fun JsonObjectBuilder.putSides(sides: Sides) {
    put("width", sides.width)
    put("height", sides.height)
}

private fun JsonObjectBuilder.putRow(row: Row) {
    put("system", listOfNotNull(row.file.name, row.backend, row.threads).joinToString(" "))
    put("model", row.file.model)
    put("group", "made")
    put("runtime", "LiteRT")
    put("precision", row.file.precision)
    put("backend", row.backend)
    row.threads?.let { put("threads", it) }
    put("file", row.file.name)
    put("weights", "trained")
    put("bytes", row.file.bytes)
    putJsonObject("size") { putSides(row.size) }
    put("status", if (row.measured != null) "measured" else if (row.failed) "failed" else "not run")
    row.measured?.let { putMeasured(it) } ?: put("reason", row.reason.lines().first().ifEmpty { "no reason given" })
}

private fun JsonObjectBuilder.putMeasured(measured: Measured) {
    putJsonArray("samples_ms") { measured.samples.forEach { add(it) } }
    val found = statistics(measured.samples)
    putJsonObject("statistics_ms") {
        put("trimmed_mean", found.trimmedMean)
        put("median", found.median)
        put("p90", found.p90)
        put("p99", found.p99)
        put("iqr", found.iqr)
    }
    put("load_ms", measured.load)
    put("first_ms", measured.first)
    put("throttled", measured.throttled)
    putJsonArray("readings") { measured.readings.forEach { reading -> addJsonObject { putReading(reading) } } }
    if (measured.sustained.isNotEmpty()) {
        putJsonArray("sustained") {
            measured.sustained.forEach { slice ->
                addJsonObject {
                    put("at_s", slice.atS)
                    put("median_ms", slice.medianMs)
                    put("runs", slice.runs)
                    slice.heat?.let { put("thermal", it.word) }
                }
            }
        }
    }
}

private fun JsonObjectBuilder.putReading(reading: Reading) {
    put("at_s", reading.atS)
    reading.heat?.let { put("thermal", it.word) }
    reading.batteryPercent?.let { put("battery_percent", it) }
    reading.charging?.let { put("charging", it) }
    reading.celsius?.let { put("celsius", it) }
}

/** What an artefact's name says of its weights (convert/plan/apps.py), else what its ends say. */
fun precisionOf(file: String, numbers: Numbers): String {
    val said = file.substringBeforeLast('.').substringAfterLast('-')
    val byEnds = if (numbers == Numbers.UINT8) "int8" else "float32"
    return said.takeIf { it in setOf("int8", "float16", "float32", "dynamic") } ?: byEnds
}
