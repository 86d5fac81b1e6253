package org.pix2phone.core

// Instruction sets as pix2phone/processor.py has them: which of ARM's matter to a network, by Linux's names.
private val SETS = listOf("asimd", "asimddp", "i8mm")
private val DOT_PRODUCTS = setOf("asimddp", "i8mm")

/** Those of [SETS] that a processor has; [dotProducts] of bytes make an int8 file several times faster than a float one. */
data class Processor(val instructions: List<String>) {
    val dotProducts get() = instructions.any { it in DOT_PRODUCTS }
}

/** What [cpuinfo], the text of /proc/cpuinfo, says; null unless it is of a 64-bit ARM processor. */
fun processorOf(cpuinfo: String): Processor? {
    val line = cpuinfo.lineSequence().firstOrNull { it.substringBefore(':').trim() == "Features" } ?: return null
    val features = line.substringAfter(':').trim().split(' ')
    return if ("asimd" in features) Processor(SETS.filter { it in features }) else null
}
