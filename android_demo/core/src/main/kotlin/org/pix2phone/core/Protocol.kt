package org.pix2phone.core

// The paper's protocol on a phone, as benchmarks/timing/protocol.py has it on the host.
const val WARM_UPS = 3
private val SIZES = listOf(256, 512, 1024) // pixels a side
private const val ITERATIONS = 1000
private const val QUICK_ITERATIONS = 20
private const val SUSTAINED = 300.0
private const val SECONDS = 120.0 // a row stops at a size once its iterations took that long
private const val QUICK_SECONDS = 5.0
private const val LEAST_SAMPLES = 2
private const val LOOKS = 10 // readings during a row
private const val SLICE_SECONDS = 10.0 // of the sustained curve
private const val THROTTLED = 1.1 // the last tenth of the curve over the first
private const val HEADLINE = 512L * 512 // pixels, of the row that runs without a pause

/** How a run measures: [iterations], one number for each of [sizes], sides of squares. */
data class Protocol(
    val sizes: List<Int>, val iterations: List<Int>, val sustained: Double, val quick: Boolean, val seconds: Double,
) {
    companion object {
        /** From what `python -m benchmarks --device adb` says; what it leaves out has its default. */
        fun of(quick: Boolean, sizes: List<Int>?, iterations: List<Int>?, sustained: Double?): Protocol {
            val sides = sizes?.ifEmpty { null } ?: SIZES
            val counts = iterations?.ifEmpty { null } ?: listOf(if (quick) QUICK_ITERATIONS else ITERATIONS)
            require(sides.all { it in 1..8192 }) { "sizes must be between 1 and 8192 pixels" }
            require(counts.all { it >= 1 } && counts.size in setOf(1, sides.size)) {
                "give one number of iterations, at least 1, or one for each size"
            }
            val each = if (counts.size == 1) sides.map { counts[0] } else counts
            val seconds = if (quick) QUICK_SECONDS else SECONDS
            return Protocol(sides, each, sustained ?: if (quick) 0.0 else SUSTAINED, quick, seconds)
        }
    }
}

/** A network that is ready for one size; [run] is one inference and nothing else. */
interface Network : AutoCloseable {
    fun run()
}

/** What of the phone a protocol needs: the time in nanoseconds, and its state. */
interface Phone {
    fun nanoseconds(): Long
    fun reading(): Reading
}

/** What one network did at one size; [sustained] of the one that ran without a pause. */
data class Measured(
    val samples: List<Double>, val load: Double, val first: Double, val readings: List<Reading>,
    val sustained: List<Slice> = emptyList(),
) {
    val throttled get() = readings.any { (it.heat ?: Heat.NOMINAL) > Heat.NOMINAL } || slowed(sustained)
}

/**
 * Open a network, warm it up and time it [iterations] times; milliseconds.
 *
 * [goOn] is asked before each iteration; InterruptedException when it says no.
 */
fun Phone.measure(protocol: Protocol, iterations: Int, goOn: () -> Boolean, open: () -> Network): Measured {
    val readings = mutableListOf(reading())
    val started = nanoseconds()
    open().use { network ->
        val load = (nanoseconds() - started) / 1e6
        val first = time(network)
        repeat(WARM_UPS - 1) { network.run() }
        val samples = mutableListOf<Double>()
        while (samples.size < iterations && (samples.size < LEAST_SAMPLES || samples.sum() < protocol.seconds * 1e3)) {
            if (!goOn()) throw InterruptedException()
            samples += time(network)
            if (samples.size % maxOf(1, iterations / LOOKS) == 0) readings += reading()
        }
        readings += reading()
        return Measured(samples, load, first, readings)
    }
}

/** Which of [rows] runs without a pause: the fastest one at 512 pixels, or at the largest size; null: none was measured. */
fun headline(rows: List<Row>): Int? {
    val measured = rows.indices.filter { rows[it].measured != null }
    val pixels = measured.map { rows[it].size.pixels }
    val size = if (HEADLINE in pixels) HEADLINE else pixels.maxOrNull()
    return measured.filter { rows[it].size.pixels == size }.minByOrNull { trimmedMean(rows[it].measured!!.samples) }
}

/** The network run without a pause for [seconds]: does the phone hold its speed? [goOn] as in [measure]. */
fun Phone.sustain(seconds: Double, goOn: () -> Boolean, open: () -> Network): List<Slice> = open().use { network ->
    network.run()
    val curve = mutableListOf<Slice>()
    val started = nanoseconds()
    var slice = mutableListOf<Double>()
    while (true) {
        val at = (nanoseconds() - started) / 1e9
        if (slice.isNotEmpty() && (at >= (curve.size + 1) * SLICE_SECONDS || at >= seconds)) {
            curve += Slice(at, statistics(slice).median, slice.size, reading().heat)
            slice = mutableListOf()
        }
        if (at >= seconds) break
        if (!goOn()) throw InterruptedException()
        slice += time(network)
    }
    curve
}

private fun Phone.time(network: Network): Double {
    val started = nanoseconds()
    network.run()
    return (nanoseconds() - started) / 1e6
}

/** Whether the last tenth of a sustained curve is over 10 % slower than the first, by their medians, as on the host. */
internal fun slowed(curve: List<Slice>): Boolean {
    val tenth = maxOf(1, curve.size / 10)
    if (curve.size < 2) return false
    val (first, last) = listOf(curve.take(tenth), curve.takeLast(tenth)).map { part -> statistics(part.map { it.medianMs }).median }
    return last > THROTTLED * first
}
