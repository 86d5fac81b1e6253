package org.pix2phone.core

import kotlin.math.floor

const val TRIM_PERCENT = 5.0
private const val DIGITS = 1e5

/** The "statistics" of benchmarks/schema.json, in the samples' unit. */
data class Statistics(val trimmedMean: Double, val median: Double, val p90: Double, val p99: Double, val iqr: Double)

/** How many of [count] samples are left out at each end: 5 %, rounded down, so none of 19. */
fun dropped(count: Int) = (count * TRIM_PERCENT / 100).toInt()

/** Mean without the fastest 5 % and the slowest 5 %. IllegalArgumentException without finite samples. */
fun trimmedMean(samples: List<Double>): Double {
    val ends = dropped(samples.size)
    return sorted(samples).subList(ends, samples.size - ends).average()
}

/** All of them, as benchmarks/timing/statistics.py computes them. IllegalArgumentException without finite samples. */
fun statistics(samples: List<Double>): Statistics {
    val inOrder = sorted(samples)
    fun percentile(p: Int) = interpolate(inOrder, p / 100.0 * (inOrder.size - 1))
    return Statistics(
        rounded(trimmedMean(samples)), rounded(percentile(50)), rounded(percentile(90)), rounded(percentile(99)),
        rounded(percentile(75) - percentile(25)),
    )
}

private fun interpolate(sorted: List<Double>, place: Double): Double {
    val below = floor(place).toInt()
    val above = minOf(below + 1, sorted.size - 1)
    return sorted[below] + (sorted[above] - sorted[below]) * (place - below)
}

private fun sorted(samples: List<Double>): List<Double> {
    require(samples.isNotEmpty() && samples.all(Double::isFinite)) { "statistics need at least one sample, and finite ones" }
    return samples.sorted()
}

private fun rounded(number: Double) = Math.rint(number * DIGITS) / DIGITS
