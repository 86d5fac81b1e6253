package org.pix2phone.core

import java.io.File
import kotlinx.serialization.json.JsonObject
import org.junit.Assert.assertEquals
import org.junit.Assert.assertNull
import org.junit.Assert.assertThrows
import org.junit.Test

class RunTest {
    @Test
    fun `statistics are Python's`() {
        for (entry in golden("statistics.json", "means")) {
            val samples = entry.doubles("samples")
            assertEquals(entry.int("dropped"), dropped(samples.size))
            assertEquals(entry.double("mean"), trimmedMean(samples), 1e-9)
            val (ours, theirs) = statistics(samples) to entry.entry("figures")
            val pairs = mapOf(
                "trimmed_mean" to ours.trimmedMean, "median" to ours.median, "p90" to ours.p90, "p99" to ours.p99, "iqr" to ours.iqr,
            )
            pairs.forEach { (name, value) -> assertEquals(name, theirs.double(name), value, 1.1e-5) }
            assertEquals(theirs.keys, pairs.keys)
        }
        for (bad in listOf(emptyList(), listOf(1.0, Double.NaN))) {
            assertThrows(IllegalArgumentException::class.java) { trimmedMean(bad) }
        }
    }

    @Test
    fun `a run is written as in Python`() {
        for (theirs in golden("run.json", "runs")) assertNull(difference(runOf(theirs).toJson(), theirs))
    }

    @Test
    fun `a run measured here is left for Python to read`() {
        val phone = SlowingPhone()
        val protocol = Protocol.of(true, listOf(256, 512), listOf(3, 2), 60.0)
        val file = BenchmarkFile("small-int8.tflite", 147432, "ab".repeat(32), "small", "int8")
        val rows = protocol.sizes.zip(protocol.iterations).map { (side, count) ->
            val measured = phone.measure(protocol, count, { true }) { phone.network() }
            val curve = phone.sustain(protocol.sustained, { true }) { phone.network() }
            Row(file, "CPU", 4, Sides(side, side), measured.copy(sustained = curve))
        } + Row(file, "NNAPI", null, Sides(256, 256), failed = true, reason = "no such\ndelegate")
        val device = Device("Acme Phone 9", null, 8, 1L shl 33, "16", null, null)
        val run = Run("2026-01-02T03:04:05Z", device, mapOf("android_demo" to "0.1.0"), protocol, rows)
        File(checkNotNull(System.getProperty("out")), "run.json").writeText(run.toJson().toString())
    }

    @Test
    fun `dot products are those of the features that Linux lists`() {
        val listed = golden("run.json", "cpuinfo")
        for (entry in listed) {
            val found = processorOf(entry.text("text"))
            assertEquals(entry["instructions"] != null, found != null)
            found ?: continue
            assertEquals(entry.texts("instructions"), found.instructions)
            assertEquals(entry.flag("dot_products"), found.dotProducts)
        }
    }

    /** The run that gives the JSON [json] again: only what was measured, nothing derived. */
    private fun runOf(json: JsonObject): Run {
        val (hardware, os, settings) = listOf("hardware", "os", "settings").map(json::entry)
        val device = Device(
            hardware.text("device"), hardware.text("cpu"), hardware.int("cores"), hardware.text("memory_bytes").toLong(),
            os.text("version"), os.text("architecture"), Processor(hardware.texts("instructions")),
        )
        val protocol = Protocol(
            settings.entries("sizes").map { it.int("width") }, settings.ints("iterations"), settings.double("sustained_seconds"),
            settings.flag("quick"), settings.double("seconds"),
        )
        val versions = json.entry("versions").let { found -> found.keys.associateWith(found::text) }
        return Run(json.text("made"), device, versions, protocol, json.entries("rows").map { rowOf(it, json.entry("files")) })
    }

    private fun rowOf(row: JsonObject, files: JsonObject): Row {
        val name = row.text("file")
        val file = files.entry(name).let {
            BenchmarkFile(name, it.text("bytes").toLong(), it.text("sha256"), row.text("model"), row.text("precision"))
        }
        val sides = row.entry("size").let { Sides(it.int("height"), it.int("width")) }
        if ("samples_ms" !in row) return Row(file, row.text("backend"), null, sides, reason = row.text("reason"))
        val readings = row.entries("readings").map {
            Reading(
                it.double("at_s"), heat(it), if ("battery_percent" in it) it.double("battery_percent") else null,
                if ("charging" in it) it.flag("charging") else null, if ("celsius" in it) it.double("celsius") else null,
            )
        }
        val curve = row.entries("sustained").map { Slice(it.double("at_s"), it.double("median_ms"), it.int("runs"), heat(it)) }
        val measured = Measured(row.doubles("samples_ms"), row.double("load_ms"), row.double("first_ms"), readings, curve)
        return Row(file, row.text("backend"), row.int("threads"), sides, measured)
    }

    private fun heat(json: JsonObject) = Heat.valueOf(json.text("thermal").uppercase())
}
