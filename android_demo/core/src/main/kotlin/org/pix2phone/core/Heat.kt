package org.pix2phone.core

/** How hot a phone says it is: Android's levels 0 to 6 in the words of benchmarks/schema.json. */
enum class Heat {
    NOMINAL, LIGHT, MODERATE, SEVERE, CRITICAL, EMERGENCY, SHUTDOWN;

    val word = name.lowercase()

    companion object {
        /** Of Android's PowerManager.getCurrentThermalStatus. */
        fun of(status: Int) = entries[status.coerceIn(0, entries.size - 1)]
    }
}
