package org.pix2phone.core

// The paper's protocol on a phone, as benchmarks/protocol.py has it on the desk.
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

/** What one network did at one size. */
data class Measured(
    val samples: List<Double>, val load: Double, val first: Double, val readings: List<Reading>, val sustained: List<Slice>,
) {
    val throttled get() = readings.any { (it.heat ?: Heat.NOMINAL) > Heat.NOMINAL } || slowed(sustained)
}

/**
 * Open a network, warm it up, time it [iterations] times, then without a pause for [sustained] seconds; milliseconds.
 *
 * [goOn] is asked before each iteration; InterruptedException when it says no.
 */
fun Phone.measure(
    protocol: Protocol, iterations: Int, sustained: Double, goOn: () -> Boolean, open: () -> Network,
): Measured {
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
        val curve = sustain(network, sustained, goOn)
        readings += reading()
        return Measured(samples, load, first, readings, curve)
    }
}

private fun Phone.time(network: Network): Double {
    val started = nanoseconds()
    network.run()
    return (nanoseconds() - started) / 1e6
}

private fun Phone.sustain(network: Network, seconds: Double, goOn: () -> Boolean): List<Slice> {
    val curve = mutableListOf<Slice>()
    val started = nanoseconds()
    var slice = mutableListOf<Double>()
    while (true) {
        val at = (nanoseconds() - started) / 1e9
        if (slice.isNotEmpty() && (at >= (curve.size + 1) * SLICE_SECONDS || at >= seconds)) {
            curve += Slice(at, statistics(slice).median, slice.size, reading().heat)
            slice = mutableListOf()
        }
        if (at >= seconds) return curve
        if (!goOn()) throw InterruptedException()
        slice += time(network)
    }
}

/** Whether the last tenth of a sustained curve is over 10 % slower than the first. */
internal fun slowed(curve: List<Slice>): Boolean {
    val tenth = maxOf(1, curve.size / 10)
    if (curve.size < 2) return false
    return curve.takeLast(tenth).map { it.medianMs }.average() > THROTTLED * curve.take(tenth).map { it.medianMs }.average()
}
