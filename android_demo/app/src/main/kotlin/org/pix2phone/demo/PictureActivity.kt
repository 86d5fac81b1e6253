package org.pix2phone.demo

import android.Manifest
import android.app.Activity
import android.content.pm.PackageManager
import android.graphics.Bitmap
import android.os.Build
import android.os.Bundle
import android.view.View
import android.widget.ImageView
import android.widget.ProgressBar
import android.widget.TextView
import java.io.IOException
import kotlin.concurrent.thread
import org.pix2phone.core.BadModel
import org.pix2phone.core.pauseSeconds

private const val STEPS = 1000 // of the progress bar
private const val ASK_STORAGE = 1
private const val LOOK = 1000L // milliseconds between two looks at the heat

/** One photo in the look at its full resolution: held for the original, shared, saved. */
class PictureActivity : Activity() {
    private lateinit var stage: ImageView
    private lateinit var message: TextView
    private lateinit var bar: ProgressBar
    private var photo: Bitmap? = null
    private var painted: Bitmap? = null
    private var paintedSmall: Bitmap? = null // as the screen shows it

    @Volatile
    private var gone = false

    override fun onCreate(state: Bundle?) {
        super.onCreate(state)
        setContentView(R.layout.activity_picture)
        stage = findViewById(R.id.stage)
        message = findViewById(R.id.message)
        bar = findViewById(R.id.progress)
        bar.max = STEPS
        message.setOnClickListener { it.visibility = View.GONE }
        holdForOriginal(stage) { original -> stage.setImageBitmap(if (original) photo else paintedSmall ?: photo) }
        findViewById<View>(R.id.share).setOnClickListener { withPainted { sharePicture(this, it) } }
        findViewById<View>(R.id.save).setOnClickListener { save() }
        thread(name = "picture") { paint() }
    }

    override fun onDestroy() {
        gone = true
        super.onDestroy()
    }

    override fun onRequestPermissionsResult(request: Int, names: Array<String>, results: IntArray) {
        if (results.firstOrNull() == PackageManager.PERMISSION_GRANTED) save() else say(getString(R.string.storage_refused))
    }

    private fun paint() = try {
        val read = readPhoto(this, requireNotNull(intent.data))
        val small = onScreen(read)
        runOnUiThread { photo = small; stage.setImageBitmap(small) }
        val model = intent.getStringExtra(MODEL)?.let { openModel(this, it) } ?: soundModels(this).first()
        val made = Painter(model).use { painter ->
            paintPhoto(painter, read) { share ->
                coolDown()
                runOnUiThread { bar.progress = (share * STEPS).toInt() }
            }
        }
        val shown = onScreen(made)
        runOnUiThread { painted = made; paintedSmall = shown; stage.setImageBitmap(shown); bar.visibility = View.GONE }
    } catch (_: InterruptedException) { // nobody looks any more
    } catch (error: BadModel) {
        say(error.message.orEmpty())
    } catch (_: IOException) {
        say(getString(R.string.no_photo))
    } catch (_: SecurityException) { // the app that lent the photo took it back
        say(getString(R.string.no_photo))
    } catch (_: OutOfMemoryError) {
        say(getString(R.string.no_memory))
    } catch (_: UnsatisfiedLinkError) {
        say(getString(R.string.no_runtime))
    } catch (error: RuntimeException) { // LiteRT's own kinds
        say(getString(R.string.model_failed, error.message.orEmpty()))
    }

    /** Waits while the phone is too hot, and says so. InterruptedException when nobody looks any more. */
    private fun coolDown() {
        var waited = false
        while (heatOf(this)?.let { pauseSeconds(it) == null } == true && !gone) {
            if (!waited) runOnUiThread { show(getString(R.string.too_hot)) }
            waited = true
            Thread.sleep(LOOK)
        }
        if (gone) throw InterruptedException()
        if (waited) runOnUiThread { message.visibility = View.GONE }
    }

    private fun save() {
        val old = Build.VERSION.SDK_INT < Build.VERSION_CODES.Q
        val storage = Manifest.permission.WRITE_EXTERNAL_STORAGE
        if (old && checkSelfPermission(storage) != PackageManager.PERMISSION_GRANTED) {
            return requestPermissions(arrayOf(storage), ASK_STORAGE)
        }
        withPainted { savePicture(this, it); say(getString(R.string.saved)) }
    }

    /** Large pictures take seconds to write: on a thread of their own. */
    private fun withPainted(act: (Bitmap) -> Unit) {
        val picture = painted ?: return say(getString(R.string.not_yet))
        thread(name = "file") {
            try {
                act(picture)
            } catch (_: IOException) {
                say(getString(R.string.no_room))
            } catch (_: RuntimeException) { // the phone's own storage is not there, or refuses
                say(getString(R.string.no_room))
            }
        }
    }

    private fun say(sentence: String) = runOnUiThread {
        show(sentence)
        if (painted == null) bar.visibility = View.GONE
    }

    private fun show(sentence: String) {
        message.text = sentence
        message.visibility = View.VISIBLE
    }

    companion object {
        /** Of an intent: the name of the model's file; without it the first one paints. */
        const val MODEL = "model"
    }
}
