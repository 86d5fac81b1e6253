package org.pix2phone.core

import java.nio.ByteBuffer
import java.util.Base64
import org.junit.Assert.assertEquals
import org.junit.Assert.assertThrows
import org.junit.Assert.assertTrue
import org.junit.Test

class MetadataTest {
    @Test
    fun `files say of themselves what Python wrote into them`() {
        val files = golden("metadata.json", "files")
        assertEquals(6, files.size)
        for (entry in files) {
            val found = readModel(ByteBuffer.wrap(Base64.getDecoder().decode(entry.text("file"))))
            assertEquals(factsOf(entry.entry("facts")), found.facts)
            assertEquals("small painterly", found.facts.name)
            assertEquals("tiling" in entry.entry("facts"), found.facts.global)
            assertEquals(entry.text("type"), found.numbers.word)
            assertEquals(Sides(entry.int("height"), entry.int("width")), found.sides)
        }
    }

    @Test
    fun `whatever is no model is refused in a sentence`() {
        val marked = ByteArray(64) { -1 }.also { "TFL3".encodeToByteArray().copyInto(it, 4) }
        val whole = Base64.getDecoder().decode(golden("metadata.json", "files")[0].text("file"))
        val cut = whole.copyOf(whole.size / 2)
        for (bytes in listOf(ByteArray(0), "a text file, named model.tflite".encodeToByteArray(), marked, cut)) {
            val error = assertThrows(BadModel::class.java) { readModel(ByteBuffer.wrap(bytes)) }
            assertTrue(error.message, error.message!!.startsWith("This is no .tflite file, or a broken one"))
        }
    }

    @Test
    fun `a file's precision is in its name, else in its ends`() {
        assertEquals("float16", precisionOf("small-float16.tflite", Numbers.FLOAT32))
        assertEquals("int8", precisionOf("mine.tflite", Numbers.UINT8))
        assertEquals("float32", precisionOf("my-look.tflite", Numbers.FLOAT32))
    }
}
