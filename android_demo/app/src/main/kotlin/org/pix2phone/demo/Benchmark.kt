package org.pix2phone.demo

import android.content.Context
import java.time.Instant
import java.time.temporal.ChronoUnit
import org.pix2phone.core.BadModel
import org.pix2phone.core.Network
import org.pix2phone.core.Protocol
import org.pix2phone.core.Row
import org.pix2phone.core.Run
import org.pix2phone.core.Sides
import org.pix2phone.core.headline
import org.pix2phone.core.measure
import org.pix2phone.core.planFor
import org.pix2phone.core.sustain
import org.tensorflow.lite.TensorFlowLite

/** Times every model of the app on every backend at every size, one after another; [goOn] is asked all the while. */
class Benchmark(private val context: Context, private val protocol: Protocol, private val goOn: () -> Boolean) {
    private val phone = PhoneState(context)

    /** [progress] gets one line before each row. InterruptedException when it is to stop, BadModel without a model. */
    fun run(progress: (String) -> Unit): Run {
        val made = Instant.now().truncatedTo(ChronoUnit.SECONDS).toString()
        val models = soundModels(context).toList()
        val rows = mutableListOf<Row>()
        for (model in models) for ((backend, threads) in backends()) for ((index, side) in protocol.sizes.withIndex()) {
            progress("${model.file}, ${backend.name}, $side × $side")
            rows += attempt(Row(model.benchmarkFile(), backend.name, threads, Sides(side, side))) {
                val open = { open(model, backend, threads, side) }
                it.copy(measured = phone.measure(protocol, protocol.iterations[index], goOn, open))
            }
        }
        if (protocol.sustained > 0) addCurve(rows, models, progress)
        val app = context.packageManager.getPackageInfo(context.packageName, 0).versionName ?: "unknown"
        val versions = mapOf("android_demo" to app, "LiteRT" to TensorFlowLite.runtimeVersion())
        return Run(made, phone.device(), versions, protocol, rows)
    }

    private fun backends() =
        listOf(Backend.CPU to threads, Backend.CPU to 1, Backend.GPU to null, Backend.NNAPI to null).distinct()

    private fun addCurve(rows: MutableList<Row>, models: List<Model>, progress: (String) -> Unit) {
        val index = headline(rows) ?: return
        val model = models.first { it.file == rows[index].file.name }
        progress(context.getString(R.string.without_pause, model.file, rows[index].backend))
        rows[index] = attempt(rows[index]) {
            val open = { open(model, Backend.valueOf(it.backend), it.threads, it.size.width) }
            it.copy(measured = it.measured?.copy(sustained = phone.sustain(protocol.sustained, goOn, open)))
        }
    }

    /** [act] on [row]; where it breaks down, the row with the reason alone. */
    private fun attempt(row: Row, act: (Row) -> Row): Row = try {
        act(row)
    } catch (error: NoBackend) {
        row.copy(measured = null, reason = error.message.orEmpty())
    } catch (error: RuntimeException) { // LiteRT's way to say that it cannot
        row.copy(measured = null, failed = true, reason = error.message ?: error.javaClass.simpleName)
    } catch (_: OutOfMemoryError) {
        row.copy(measured = null, failed = true, reason = "out of memory")
    }

    private fun open(model: Model, backend: Backend, threads: Int?, side: Int): Network {
        val plan = planFor(side, side, model.about.facts)
        if (plan.total > 1) throw NoBackend("the file takes no picture of $side x $side in one piece")
        val network = LiteRtNetwork(model, backend, threads ?: 1)
        try {
            network.resize(plan.sides)
        } catch (error: RuntimeException) {
            network.close()
            throw error
        }
        return network
    }
}
