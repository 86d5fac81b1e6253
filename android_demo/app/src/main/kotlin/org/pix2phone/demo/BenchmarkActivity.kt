package org.pix2phone.demo

import android.app.Activity
import android.os.Bundle
import android.util.Log
import android.view.View
import android.view.WindowManager
import android.widget.Button
import android.widget.TextView
import java.io.File
import java.io.IOException
import kotlin.concurrent.thread
import kotlin.system.exitProcess
import org.pix2phone.core.BadModel
import org.pix2phone.core.Measured
import org.pix2phone.core.Protocol
import org.pix2phone.core.Run
import org.pix2phone.core.statistics

private const val RESULT = "benchmark.json" // benchmarks/devices/android_app.py fetches it

/**
 * Measures this phone. By hand, or as `python -m benchmarks --device adb` starts it:
 * am start -n org.pix2phone.demo/.BenchmarkActivity --ez quick true --eia sizes 256,512 --eia iterations 20 --ef sustained 0
 */
class BenchmarkActivity : Activity() {
    private lateinit var text: TextView
    private lateinit var button: Button

    @Volatile
    private var running = false
    private var worker: Thread? = null // ends a while after it was stopped
    private val asked get() = intent.hasExtra("quick")
    private val result get() = File(getExternalFilesDir(null) ?: cacheDir, RESULT)

    override fun onCreate(state: Bundle?) {
        super.onCreate(state)
        setContentView(R.layout.activity_benchmark)
        window.addFlags(WindowManager.LayoutParams.FLAG_KEEP_SCREEN_ON)
        text = findViewById(R.id.text)
        button = findViewById(R.id.start)
        button.setOnClickListener { if (running) running = false else begin(Protocol.of(false, null, null, null)) }
        findViewById<View>(R.id.quick).setOnClickListener { if (!running) begin(Protocol.of(true, null, null, null)) }
        findViewById<View>(R.id.share).setOnClickListener { share() }
        if (state == null && asked) beginAsAsked()
    }

    /** Android slows apps down that nobody sees: their figures would be wrong. */
    override fun onStop() {
        running = false
        super.onStop()
    }

    private fun beginAsAsked() = try {
        val (sizes, iterations) = listOf("sizes", "iterations").map { intent.getIntArrayExtra(it)?.toList() }
        val sustained = if (intent.hasExtra("sustained")) intent.getFloatExtra("sustained", 0f).toDouble() else null
        begin(Protocol.of(intent.getBooleanExtra("quick", false), sizes, iterations, sustained))
    } catch (error: IllegalArgumentException) {
        giveUp(error.message.orEmpty())
    }

    private fun begin(protocol: Protocol) {
        if (worker?.isAlive == true) return
        running = true
        button.setText(R.string.stop)
        worker = thread(name = "benchmark") {
            try {
                val run = Benchmark(this, protocol) { running }.run(::say)
                write(run)
                say(table(run))
            } catch (_: InterruptedException) {
                giveUp(getString(R.string.stopped))
            } catch (error: BadModel) {
                giveUp(error.message.orEmpty())
            } catch (_: UnsatisfiedLinkError) {
                giveUp(getString(R.string.no_runtime))
            } catch (_: IOException) {
                giveUp(getString(R.string.no_room))
            }
            running = false
            runOnUiThread { button.setText(R.string.start) }
        }
    }

    /** The host, which waits for a result or for the app's end, reads why in the log. */
    private fun giveUp(sentence: String) {
        say(sentence)
        Log.e("pix2phone", sentence)
        if (asked) exitProcess(1)
    }

    /** Through a temporary name: whoever waits for the file finds it whole. */
    private fun write(run: Run) {
        val temporary = File(result.path + ".part")
        temporary.writeText(run.toJson().toString())
        if (!temporary.renameTo(result)) throw IOException("not renamed")
    }

    private fun table(run: Run) = run.rows.joinToString("\n\n") { row ->
        val size = "${row.size.width} × ${row.size.height}"
        val name = listOfNotNull(row.file.name, row.backend, row.threads, size).joinToString(", ")
        row.measured?.let { figures(name, it) } ?: "$name: ${row.reason}"
    }

    private fun figures(name: String, measured: Measured): String {
        val found = statistics(measured.samples)
        val heat = measured.readings.mapNotNull { it.heat?.word }.distinct()
        val (first, last) = measured.sustained.firstOrNull() to measured.sustained.lastOrNull()
        return listOfNotNull(
            getString(R.string.row_line, name, found.trimmedMean, found.median, found.p90, found.p99),
            heat.takeIf { it.isNotEmpty() }?.let { getString(R.string.heat_line, it.joinToString()) },
            if (first != null && last != null) getString(R.string.curve_line, first.medianMs, last.medianMs) else null,
            if (measured.throttled) getString(R.string.throttled) else null,
        ).joinToString("\n")
    }

    private fun share() = if (!result.isFile) say(getString(R.string.not_yet))
    else shareFile(this, RESULT, "application/json") { result.copyTo(it, overwrite = true) }

    private fun say(line: String) = runOnUiThread { text.text = line }
}
