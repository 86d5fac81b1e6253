package org.pix2phone.demo

import android.os.Build
import java.nio.ByteBuffer
import java.nio.ByteOrder
import org.pix2phone.core.Network
import org.pix2phone.core.Numbers
import org.pix2phone.core.Sides
import org.tensorflow.lite.Delegate
import org.tensorflow.lite.Interpreter
import org.tensorflow.lite.gpu.CompatibilityList
import org.tensorflow.lite.gpu.GpuDelegate
import org.tensorflow.lite.nnapi.NnApiDelegate

/** What computes, in the words of benchmarks/schema.json. */
enum class Backend { CPU, GPU, NNAPI }

/** A backend that this phone does not have; [message] says so in a line. */
class NoBackend(message: String) : Exception(message)

/** One model in LiteRT on one backend. Used on the thread that made it: the GPU delegate wants that. */
class LiteRtNetwork(model: Model, backend: Backend, threads: Int) : Network {
    private val numbers: Numbers = model.about.numbers
    private val delegate: Delegate? = when (backend) {
        Backend.CPU -> null
        Backend.GPU -> gpuDelegate()
        Backend.NNAPI -> nnapiDelegate()
    }
    private val interpreter = closingDelegateOnFailure {
        val options = Interpreter.Options().setNumThreads(threads).setUseXNNPACK(backend == Backend.CPU)
        Interpreter(model.content, delegate?.let(options::addDelegate) ?: options)
    }
    private var sides: Sides? = null

    /** The network's input, direct: LiteRT takes it as it lies there. */
    lateinit var input: ByteBuffer
        private set

    /** What the network gave, where LiteRT wrote it. */
    val output: ByteBuffer get() = interpreter.getOutputTensor(0).asReadOnlyBuffer().order(ByteOrder.nativeOrder())

    /** Be ready for pictures of these [sides], which the model takes. */
    fun resize(sides: Sides) {
        if (sides == this.sides) return
        interpreter.resizeInput(0, intArrayOf(1, sides.height, sides.width, 3))
        interpreter.allocateTensors()
        val bytes = Math.multiplyExact(sides.height * sides.width, 3 * numbers.bytes)
        input = ByteBuffer.allocateDirect(bytes).order(ByteOrder.nativeOrder())
        this.sides = sides
    }

    override fun run() {
        input.rewind()
        interpreter.runForMultipleInputsOutputs(arrayOf<Any>(input), emptyMap())
    }

    override fun close() {
        interpreter.close()
        delegate?.close()
    }

    private fun closingDelegateOnFailure(open: () -> Interpreter): Interpreter = try {
        open()
    } catch (error: RuntimeException) {
        delegate?.close()
        throw error
    }
}

private fun gpuDelegate(): Delegate = try {
    CompatibilityList().use { list ->
        if (!list.isDelegateSupportedOnThisDevice) throw NoBackend("LiteRT's list of GPUs says this one is not supported")
        GpuDelegate(list.bestOptionsForThisDevice)
    }
} catch (error: LinkageError) { // its library is not there, or not for this processor
    throw NoBackend("LiteRT's GPU delegate cannot be loaded (${error.message})")
}

private fun nnapiDelegate(): Delegate {
    if (Build.VERSION.SDK_INT < Build.VERSION_CODES.P) throw NoBackend("NNAPI is used from Android 9 on")
    return NnApiDelegate(NnApiDelegate.Options().setUseNnapiCpu(false))
}
