package org.pix2phone.demo

import android.Manifest
import android.app.Activity
import android.content.ActivityNotFoundException
import android.content.Intent
import android.content.pm.PackageManager
import android.graphics.Bitmap
import android.net.Uri
import android.os.Bundle
import android.provider.Settings
import android.view.View
import android.view.WindowManager
import android.widget.ImageView
import android.widget.TextView
import java.io.File
import java.io.IOException
import org.pix2phone.core.FramePacer
import org.pix2phone.core.FrameTally
import org.pix2phone.core.Heat
import org.pix2phone.core.pauseSeconds

private const val ASK_CAMERA = 1
private const val ASK_PHOTO = 2
private const val FRONT = "front"
private const val MODEL = "model"

/** The camera's picture in the look, live. */
class CameraActivity : Activity(), LiveListener {
    private lateinit var stage: ImageView
    private lateinit var message: TextView
    private lateinit var line: TextView
    private val pacer = FramePacer()
    private var front = false
    private var modelName: String? = null
    private var camera: LiveCamera? = null
    private var heatWatch: AutoCloseable? = null

    override fun onCreate(state: Bundle?) {
        super.onCreate(state)
        setContentView(R.layout.activity_camera)
        window.addFlags(WindowManager.LayoutParams.FLAG_KEEP_SCREEN_ON)
        stage = findViewById(R.id.stage)
        message = findViewById(R.id.message)
        line = findViewById(R.id.line)
        front = state?.getBoolean(FRONT) ?: false
        modelName = state?.getString(MODEL)
        holdForOriginal(stage) { camera?.showOriginal(it) }
        findViewById<View>(R.id.take).setOnClickListener { camera?.takeStill() }
        findViewById<View>(R.id.turn).setOnClickListener { front = !front; restart() }
        findViewById<View>(R.id.photos).setOnClickListener { openPhotos() }
        findViewById<View>(R.id.models).setOnClickListener { chooseModel(this) { modelName = it; restart() } }
        findViewById<View>(R.id.measure).setOnClickListener { startActivity(Intent(this, BenchmarkActivity::class.java)) }
        if (state == null) requestPermissions(arrayOf(Manifest.permission.CAMERA), ASK_CAMERA)
    }

    override fun onSaveInstanceState(state: Bundle) {
        super.onSaveInstanceState(state)
        state.putBoolean(FRONT, front)
        state.putString(MODEL, modelName)
    }

    override fun onResume() {
        super.onResume()
        heatWatch = watchHeat(this) { runOnUiThread { onHeat(it) } }
        start()
    }

    override fun onPause() {
        super.onPause()
        stop()
        heatWatch?.close()
    }

    override fun onActivityResult(request: Int, result: Int, data: Intent?) {
        val uri = data?.data
        if (request == ASK_PHOTO && result == RESULT_OK && uri != null) showPicture(uri)
    }

    override fun onPainted(bitmap: Bitmap, painting: LivePainting, means: FrameTally.Means?) {
        stage.setImageBitmap(bitmap)
        means?.let {
            val name = painting.model.about.facts.name
            line.text = getString(R.string.live_line, name, painting.backend.name, it.network, it.rate)
        }
    }

    override fun onStill(jpeg: ByteArray) {
        try {
            val file = File(cacheDir, "still.jpg").apply { writeBytes(jpeg) }
            runOnUiThread { showPicture(Uri.fromFile(file)) }
        } catch (_: IOException) {
            runOnUiThread { say(R.string.no_room, ::hush) }
        }
    }

    override fun onFailed(sentence: String) {
        stop()
        show(sentence, ::restart)
    }

    override fun onLost(sentence: Int) = say(sentence, ::restart)

    private fun onHeat(heat: Heat) {
        pacer.heat = heat
        if (pauseSeconds(heat) == null) say(R.string.too_hot)
        else if (message.text == getString(R.string.too_hot)) hush()
    }

    private fun start() {
        if (checkSelfPermission(Manifest.permission.CAMERA) != PackageManager.PERMISSION_GRANTED) {
            return say(R.string.camera_refused, ::openSettings)
        }
        if (pauseSeconds(pacer.heat) == null) say(R.string.too_hot) else hush()
        camera = LiveCamera(this, pacer, this).also { it.open(front, modelName) }
    }

    private fun stop() {
        camera?.close()
        camera = null
    }

    private fun restart() {
        stop()
        start()
    }

    private fun say(sentence: Int, then: (() -> Unit)? = null) = show(getString(sentence), then)

    private fun show(sentence: String, then: (() -> Unit)?) {
        message.text = sentence
        message.visibility = View.VISIBLE
        message.setOnClickListener(then?.let { View.OnClickListener { _ -> it() } })
    }

    private fun hush() {
        message.visibility = View.GONE
    }

    private fun openPhotos() {
        val wish = Intent(Intent.ACTION_GET_CONTENT).addCategory(Intent.CATEGORY_OPENABLE).setType("image/*")
        try {
            startActivityForResult(wish, ASK_PHOTO)
        } catch (_: ActivityNotFoundException) {
            say(R.string.no_picker, ::hush)
        }
    }

    private fun openSettings() =
        startActivity(Intent(Settings.ACTION_APPLICATION_DETAILS_SETTINGS, Uri.fromParts("package", packageName, null)))

    private fun showPicture(uri: Uri) {
        val intent = Intent(this, PictureActivity::class.java).setData(uri).putExtra(PictureActivity.MODEL, modelName)
        startActivity(intent.addFlags(Intent.FLAG_GRANT_READ_URI_PERMISSION))
    }
}
