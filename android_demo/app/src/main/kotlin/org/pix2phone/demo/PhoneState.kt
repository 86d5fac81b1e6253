package org.pix2phone.demo

import android.app.ActivityManager
import android.content.Context
import android.content.Intent
import android.content.IntentFilter
import android.os.BatteryManager
import android.os.Build
import android.os.PowerManager
import java.io.File
import java.io.IOException
import org.pix2phone.core.Device
import org.pix2phone.core.Heat
import org.pix2phone.core.Phone
import org.pix2phone.core.Processor
import org.pix2phone.core.Reading
import org.pix2phone.core.processorOf

/** This phone's clock, heat and battery. Android says how hot it is from Android 10 on. */
class PhoneState(private val context: Context) : Phone {
    private val began = System.nanoTime()

    override fun nanoseconds() = System.nanoTime()

    override fun reading(): Reading {
        val battery = context.registerReceiver(null, IntentFilter(Intent.ACTION_BATTERY_CHANGED))
        fun number(key: String) = battery?.getIntExtra(key, -1)?.takeIf { it >= 0 }
        val (level, scale) = number(BatteryManager.EXTRA_LEVEL) to number(BatteryManager.EXTRA_SCALE)
        return Reading(
            atS = (System.nanoTime() - began) / 1e9,
            heat = heatOf(context),
            batteryPercent = if (level != null && scale != null && scale > 0) 100.0 * level / scale else null,
            charging = number(BatteryManager.EXTRA_PLUGGED)?.let { it > 0 },
            celsius = number(BatteryManager.EXTRA_TEMPERATURE)?.let { it / 10.0 },
        )
    }

    fun device(): Device {
        val memory = ActivityManager.MemoryInfo()
        context.getSystemService(ActivityManager::class.java).getMemoryInfo(memory)
        val said = if (Build.VERSION.SDK_INT >= Build.VERSION_CODES.S) Build.SOC_MODEL else ""
        val chip = said.takeIf { it != Build.UNKNOWN && it.isNotEmpty() }
        return Device(
            "${Build.MANUFACTURER} ${Build.MODEL}".trim(), chip, Runtime.getRuntime().availableProcessors(), memory.totalMem,
            Build.VERSION.RELEASE, Build.SUPPORTED_ABIS.firstOrNull(), processor(),
        )
    }
}

/** Null where the system does not let it be read, or it is no 64-bit ARM processor. */
private fun processor(): Processor? = try {
    processorOf(File("/proc/cpuinfo").readText())
} catch (_: IOException) {
    null
}

/** How hot the phone is now; null before Android 10. */
fun heatOf(context: Context): Heat? = if (Build.VERSION.SDK_INT < Build.VERSION_CODES.Q) null
else Heat.of(context.getSystemService(PowerManager::class.java).currentThermalStatus)

/** Tell [changed] how hot the phone is, now and whenever that changes, until it is closed. */
fun watchHeat(context: Context, changed: (Heat) -> Unit): AutoCloseable {
    if (Build.VERSION.SDK_INT < Build.VERSION_CODES.Q) return AutoCloseable {}
    val power = context.getSystemService(PowerManager::class.java)
    val listener = PowerManager.OnThermalStatusChangedListener { changed(Heat.of(it)) }
    power.addThermalStatusListener(listener)
    return AutoCloseable { power.removeThermalStatusListener(listener) }
}
