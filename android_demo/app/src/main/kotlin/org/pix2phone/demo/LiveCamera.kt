package org.pix2phone.demo

import android.app.Activity
import android.graphics.Bitmap
import android.media.Image
import android.os.Handler
import android.os.HandlerThread
import org.pix2phone.core.BadModel
import org.pix2phone.core.FramePacer
import org.pix2phone.core.FrameTally

/** What a live camera gives, on the screen's thread, and nothing once it is closed; what ends it comes as one sentence. */
interface LiveListener {
    fun onPainted(bitmap: Bitmap, painting: LivePainting, means: FrameTally.Means?)

    /** On the camera's thread. */
    fun onStill(jpeg: ByteArray)

    /** The model does not work. */
    fun onFailed(sentence: String)

    /** The camera does not give pictures; the sentence is a string resource. */
    fun onLost(sentence: Int)
}

/** The thread of all cameras, one after another: so one is closed before the next is opened, and the screen never waits. */
private val handler by lazy { Handler(HandlerThread("camera").apply { start() }.looper) }

/** Camera and model, on a thread on which both are opened, used and closed. Needs the permission. */
class LiveCamera(private val activity: Activity, private val pacer: FramePacer, private val listener: LiveListener) :
    CameraListener, AutoCloseable {
    private val feed = CameraFeed(activity, handler, this)

    @Volatile
    private var painting: LivePainting? = null

    @Volatile
    private var closed = false

    /** Open the camera on that side, and the model of that name, else the first one. */
    fun open(front: Boolean, modelName: String?) {
        handler.post {
            if (!closed) guarded {
                val model = modelName?.let { openModel(activity, it) } ?: soundModels(activity).first()
                painting = LivePainting(Painter(model), pacer)
                feed.open(front)
            }
        }
    }

    /** Show frames as they are. */
    fun showOriginal(original: Boolean) {
        painting?.original = original
    }

    fun takeStill() {
        val degrees = screenDegrees()
        handler.post { feed.takeStill(degrees) }
    }

    /** Done once what came before is: a camera that is about to open has to be closed as well. */
    override fun close() {
        closed = true
        handler.post {
            feed.close()
            painting?.close()
            painting = null
        }
    }

    override fun onFrame(image: Image, sensor: Int, front: Boolean) = guarded {
        painting?.let { running ->
            running.paint(image, sensor, screenDegrees(), front)?.let { bitmap ->
                val means = running.tally.means
                tell { onPainted(bitmap, running, means) }
            }
        }
    }

    override fun onStill(jpeg: ByteArray) = listener.onStill(jpeg)

    override fun onLost(sentence: Int) = tell { onLost(sentence) }

    private inline fun guarded(act: () -> Unit) = try {
        act()
    } catch (error: BadModel) {
        tell { onFailed(error.message.orEmpty()) }
    } catch (error: RuntimeException) { // LiteRT's own kinds
        tell { onFailed(activity.getString(R.string.model_failed, error.message.orEmpty())) }
    } catch (_: OutOfMemoryError) {
        tell { onFailed(activity.getString(R.string.no_memory)) }
    } catch (_: UnsatisfiedLinkError) {
        tell { onFailed(activity.getString(R.string.no_runtime)) }
    }

    /** What waits for the screen's thread while this is closed would end the camera that comes after it. */
    private fun tell(act: LiveListener.() -> Unit) = activity.runOnUiThread { if (!closed) listener.act() }

    @Suppress("DEPRECATION") // its successor needs Android 11
    private fun screenDegrees() = activity.windowManager.defaultDisplay.rotation * 90
}
