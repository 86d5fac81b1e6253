package org.pix2phone.core

import org.junit.Assert.assertEquals
import org.junit.Assert.assertFalse
import org.junit.Assert.assertThrows
import org.junit.Assert.assertTrue
import org.junit.Test

/** Whose clock only goes on when a network runs: 10 ms the first time, and later ever slower. */
class SlowingPhone : Phone {
    private var now = 0L
    var runs = 0
    var closed = 0

    override fun nanoseconds() = now
    override fun reading() = Reading(now / 1e9, if (now > 30_000_000_000) Heat.SEVERE else Heat.NOMINAL)

    fun network(): Network {
        now += 5_000_000
        return object : Network {
            override fun run() {
                now += 10_000_000L + 1_000L * runs++
            }

            override fun close() {
                closed++
            }
        }
    }
}

class ProtocolTest {
    @Test
    fun `a run is warmed up, then timed`() {
        val phone = SlowingPhone()
        val found = phone.measure(Protocol.of(true, listOf(64), listOf(20), null), 20, { true }) { phone.network() }
        assertEquals(5.0, found.load, 1e-9)
        assertEquals(10.0, found.first, 1e-9)
        assertEquals(List(20) { 10.0 + 0.001 * (WARM_UPS + it) }, found.samples.map { Math.rint(it * 1e6) / 1e6 })
        assertEquals(12, found.readings.size)
        assertFalse(found.throttled)
        assertEquals(1, phone.closed)
    }

    @Test
    fun `a network runs without a pause, slice by slice`() {
        val phone = SlowingPhone()
        val curve = phone.sustain(60.0, { true }) { phone.network() }
        assertEquals(6, curve.size)
        assertEquals(phone.runs, 1 + curve.sumOf { it.runs })
        assertEquals(60.0, curve.last().atS, 0.1)
        assertTrue(Measured(listOf(1.0), 0.0, 1.0, emptyList(), curve).throttled)
        assertThrows(InterruptedException::class.java) { phone.sustain(60.0, { false }) { phone.network() } }
        assertEquals(2, phone.closed)
    }

    @Test
    fun `a curve is throttled as in Python`() {
        for (entry in golden("statistics.json", "curves")) {
            val curve = entry.doubles("medians").map { Slice(0.0, it, 1, null) }
            assertEquals(entry.flag("throttled"), slowed(curve))
        }
    }

    @Test
    fun `the fastest at 512 pixels runs without a pause, else at the largest size`() {
        val file = BenchmarkFile("a.tflite", 1, "", "", "int8")
        fun row(side: Int, milliseconds: Double?) = Row(
            file, "CPU", 1, Sides(side, side), milliseconds?.let { Measured(listOf(it), 0.0, it, emptyList()) },
        )
        assertEquals(2, headline(listOf(row(256, 1.0), row(512, 5.0), row(512, 4.0), row(512, null), row(1024, 3.0))))
        assertEquals(1, headline(listOf(row(64, 1.0), row(128, 2.0))))
        assertEquals(null, headline(listOf(row(512, null))))
    }

    @Test
    fun `a row stops once it took too long, and when it is told to, and is closed`() {
        val phone = SlowingPhone()
        val found = phone.measure(Protocol.of(true, listOf(64), null, null), 100_000, { true }) { phone.network() }
        assertTrue(found.samples.size in 400..500)
        assertFalse(found.throttled)
        assertThrows(InterruptedException::class.java) {
            phone.measure(Protocol.of(true, null, null, null), 9, { false }) { phone.network() }
        }
        assertEquals(2, phone.closed)
    }

    @Test
    fun `what the host asks for is taken, and the rest has the paper's values`() {
        val asked = Protocol.of(false, listOf(300, 600), listOf(7), 1.5)
        assertEquals(listOf(7, 7) to 1.5, asked.iterations to asked.sustained)
        assertEquals(listOf(1000, 1000, 1000) to 300.0, Protocol.of(false, null, null, null).let { it.iterations to it.sustained })
        assertEquals(0.0, Protocol.of(true, null, null, null).sustained, 0.0)
        for ((sizes, counts) in listOf(listOf(0) to listOf(1), listOf(8) to listOf(0), listOf(8, 9, 10) to listOf(1, 2))) {
            assertThrows(IllegalArgumentException::class.java) { Protocol.of(true, sizes, counts, null) }
        }
    }

    @Test
    fun `one frame at a time, fewer when it is hot, none when it is too hot`() {
        val pacer = FramePacer()
        assertTrue(pacer.take(0))
        assertFalse(pacer.take(1))
        pacer.finished()
        assertTrue(pacer.take(2))
        pacer.finished()
        pacer.heat = Heat.SEVERE
        assertTrue(pacer.take(3))
        pacer.finished()
        assertFalse(pacer.take(199_000_000))
        assertTrue(pacer.take(201_000_000))
        pacer.finished()
        pacer.heat = Heat.CRITICAL
        assertFalse(pacer.take(Long.MAX_VALUE))
    }

    @Test
    fun `frames per second and what a frame took`() {
        val tally = FrameTally()
        assertEquals(null, tally.means)
        for (frame in 0..80L) tally.add(1.0, if (frame < 10) 500.0 else 20.0, 2.0, frame * 40_000_000)
        val means = checkNotNull(tally.means)
        assertEquals(listOf(1.0, 20.0, 2.0), listOf(means.convert, means.network, means.show))
        assertEquals(25.0, means.rate, 1e-9)
    }

    @Test
    fun `Android's levels of heat have the schema's words`() {
        assertEquals(listOf("nominal", "severe", "shutdown"), listOf(0, 3, 99).map { Heat.of(it).word })
    }
}
