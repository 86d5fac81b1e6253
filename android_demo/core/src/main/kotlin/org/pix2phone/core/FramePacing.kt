package org.pix2phone.core

private const val WINDOW = 60 // frames

/** Which of the camera's frames are painted: one at a time, and fewer when the phone is hot. Times in nanoseconds. */
class FramePacer {
    private var busy = false
    private var earliest = 0L

    @Volatile
    var heat = Heat.NOMINAL

    /** Whether the frame that came at [now] is to be painted; [finished] must follow if so. */
    @Synchronized
    fun take(now: Long): Boolean {
        if (busy || now < earliest || pauseSeconds(heat) == null) return false
        busy = true
        earliest = now + ((pauseSeconds(heat) ?: 0.0) * 1e9).toLong()
        return true
    }

    @Synchronized
    fun finished() {
        busy = false
    }
}

/** At least so long from one painted frame to the next; null: nothing is painted before the phone has cooled down. */
fun pauseSeconds(heat: Heat): Double? = when (heat) {
    Heat.NOMINAL, Heat.LIGHT -> 0.0
    Heat.MODERATE -> 1.0 / 15
    Heat.SEVERE -> 1.0 / 5
    else -> null
}

/** Milliseconds by part and frames per second over the last frames, by the paper's trimmed mean. */
class FrameTally {
    data class Means(val convert: Double, val network: Double, val show: Double, val rate: Double)

    private val frames = ArrayDeque<Pair<Long, List<Double>>>()

    /** Milliseconds that a frame took, shown at [now] in nanoseconds. */
    fun add(convert: Double, network: Double, show: Double, now: Long) {
        frames.addLast(now to listOf(convert, network, show))
        if (frames.size > WINDOW) frames.removeFirst()
    }

    fun clear() = frames.clear()

    /** Null before the second frame. */
    val means: Means?
        get() {
            if (frames.size < 2) return null
            val (convert, network, show) = List(3) { part -> trimmedMean(frames.map { it.second[part] }) }
            val gaps = frames.zipWithNext { before, after -> (after.first - before.first) / 1e9 }
            return Means(convert, network, show, 1 / trimmedMean(gaps))
        }
}
