package org.pix2phone.demo

import org.pix2phone.core.Numbers
import org.pix2phone.core.Picture
import org.pix2phone.core.ReadRows
import org.pix2phone.core.Sides
import org.pix2phone.core.fromNetwork
import org.pix2phone.core.paintTiles
import org.pix2phone.core.planFor
import org.pix2phone.core.toNetwork

private const val THREADS = 4 // at most: phones have no more fast cores

val threads = Runtime.getRuntime().availableProcessors().coerceAtMost(THREADS)

/** Paints pictures of any size with one [model]. Used on the thread that made it. */
class Painter(val model: Model) : AutoCloseable {
    /** Files with float ends go to the GPU where LiteRT supports it; between bytes the CPU is as fast. */
    var backend = if (model.about.numbers == Numbers.FLOAT32) Backend.GPU else Backend.CPU
        private set
    private var network = open()

    /** Milliseconds that the network took for the last picture. */
    var networkMilliseconds = 0.0
        private set

    /** A picture of a live camera into [painted], of the same sides. */
    fun paint(picture: Picture, painted: Picture) {
        val (height, width) = picture.height to picture.width
        val plan = planFor(height, width, model.about.facts)
        if (plan.total == 1) return paintPiece(picture, painted, plan.sides)
        val read: ReadRows = { from, count ->
            Picture(count, width, picture.argb.copyOfRange(from * width, (from + count) * width))
        }
        paint(height, width, read, { from, rows -> rows.argb.copyInto(painted.argb, from * width) }, {})
    }

    /** One of any size, read and written in rows; [progress] from 0 to 1. */
    fun paint(height: Int, width: Int, read: ReadRows, write: (Int, Picture) -> Unit, progress: (Float) -> Unit) {
        val plan = planFor(height, width, model.about.facts)
        var done = 0
        paintTiles(plan, read, write) { tile ->
            paintPiece(tile, tile, plan.sides)
            progress(++done / plan.total.toFloat())
            tile
        }
    }

    override fun close() = network.close()

    private fun paintPiece(picture: Picture, painted: Picture, sides: Sides) {
        val numbers = model.about.numbers
        resize(sides)
        toNetwork(picture, sides, numbers, network.input)
        val started = System.nanoTime()
        network.run()
        networkMilliseconds = (System.nanoTime() - started) / 1e6
        fromNetwork(network.output, sides.width, numbers, painted)
    }

    /** A delegate may also fail at a size of its own: the CPU takes every one. */
    private fun resize(sides: Sides) = try {
        network.resize(sides)
    } catch (error: RuntimeException) {
        if (backend == Backend.CPU) throw error
        network.close()
        network = onCpu()
        network.resize(sides)
    }

    private fun open(): LiteRtNetwork = try {
        LiteRtNetwork(model, backend, threads)
    } catch (_: NoBackend) {
        onCpu()
    } catch (error: RuntimeException) { // LiteRT's way to say that its delegate did not take the model
        if (backend == Backend.CPU) throw error
        onCpu()
    }

    private fun onCpu(): LiteRtNetwork {
        backend = Backend.CPU
        return LiteRtNetwork(model, Backend.CPU, threads)
    }
}
