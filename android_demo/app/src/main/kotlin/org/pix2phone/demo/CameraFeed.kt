package org.pix2phone.demo

import android.annotation.SuppressLint
import android.content.Context
import android.graphics.ImageFormat
import android.hardware.camera2.CameraAccessException
import android.hardware.camera2.CameraCaptureSession
import android.hardware.camera2.CameraCharacteristics
import android.hardware.camera2.CameraDevice
import android.hardware.camera2.CameraManager
import android.hardware.camera2.CaptureRequest
import android.media.Image
import android.media.ImageReader
import android.os.Handler
import android.util.Size
import org.pix2phone.core.turnOf

private const val SHORT_SIDE = 480 // pixels, of the live picture
private const val IMAGES = 3

/** What a camera gives, on the thread of the feed's handler; [onLost] in one sentence, a string resource. */
interface CameraListener {
    fun onFrame(image: Image, sensor: Int, front: Boolean)
    fun onStill(jpeg: ByteArray)
    fun onLost(sentence: Int)
}

/** One open camera: frames in YUV_420_888 about 480 pixels high, and stills in its full resolution as JPEG. */
class CameraFeed(context: Context, private val handler: Handler, private val listener: CameraListener) : AutoCloseable {
    private val manager = context.getSystemService(CameraManager::class.java)
    private var device: CameraDevice? = null
    private var session: CameraCaptureSession? = null
    private var readers = emptyList<ImageReader>()
    private var sensor = 0
    private var front = false
    private var closed = false

    /** Open the camera on that side, else any. Needs the permission. */
    @SuppressLint("MissingPermission")
    fun open(front: Boolean) {
        try {
            val id = find(front) ?: manager.cameraIdList.firstOrNull() ?: return listener.onLost(R.string.no_camera)
            prepare(manager.getCameraCharacteristics(id))
            manager.openCamera(id, opened, handler)
        } catch (error: CameraAccessException) {
            listener.onLost(sentenceOf(error))
        } catch (_: SecurityException) { // the permission was taken back
            listener.onLost(R.string.camera_refused)
        } catch (_: IllegalArgumentException) { // it went away in between, or gives no such pictures
            listener.onLost(R.string.no_camera)
        }
    }

    /** Take a still; its JPEG says that it stands upright on a screen turned by [screen] degrees. */
    fun takeStill(screen: Int) {
        val (camera, running) = (device ?: return) to (session ?: return)
        try {
            val request = camera.createCaptureRequest(CameraDevice.TEMPLATE_STILL_CAPTURE)
            request.addTarget(readers[1].surface)
            request.set(CaptureRequest.JPEG_ORIENTATION, turnOf(sensor, screen, front))
            running.capture(request.build(), null, handler)
        } catch (_: CameraAccessException) {
            listener.onLost(R.string.camera_lost)
        } catch (_: IllegalStateException) { // closed meanwhile
        }
    }

    override fun close() {
        closed = true
        device?.close()
        device = null
        session = null
        readers.forEach(ImageReader::close)
        readers = emptyList()
    }

    private fun find(front: Boolean): String? {
        val wanted = if (front) CameraCharacteristics.LENS_FACING_FRONT else CameraCharacteristics.LENS_FACING_BACK
        return manager.cameraIdList.firstOrNull {
            manager.getCameraCharacteristics(it).get(CameraCharacteristics.LENS_FACING) == wanted
        }
    }

    private fun prepare(about: CameraCharacteristics) {
        sensor = about.get(CameraCharacteristics.SENSOR_ORIENTATION) ?: 0
        front = about.get(CameraCharacteristics.LENS_FACING) == CameraCharacteristics.LENS_FACING_FRONT
        val sizes = requireNotNull(about.get(CameraCharacteristics.SCALER_STREAM_CONFIGURATION_MAP))
        val still = requireNotNull(sizes.getOutputSizes(ImageFormat.JPEG)).maxBy { it.width.toLong() * it.height }
        val live = liveSize(requireNotNull(sizes.getOutputSizes(ImageFormat.YUV_420_888)).toList(), still)
        readers = listOf(live to ImageFormat.YUV_420_888, still to ImageFormat.JPEG).map { (size, format) ->
            ImageReader.newInstance(size.width, size.height, format, IMAGES)
        }
        readers[0].setOnImageAvailableListener({ reader ->
            reader.acquireLatestImage()?.use { if (!closed) listener.onFrame(it, sensor, front) }
        }, handler)
        readers[1].setOnImageAvailableListener({ reader ->
            val bytes = reader.acquireNextImage().use { image ->
                val buffer = image.planes[0].buffer
                ByteArray(buffer.remaining()).also(buffer::get)
            }
            if (!closed) listener.onStill(bytes)
        }, handler)
    }

    private val opened = object : CameraDevice.StateCallback() {
        override fun onOpened(camera: CameraDevice) {
            if (closed) return camera.close()
            device = camera
            try {
                @Suppress("DEPRECATION") // its successor needs Android 9
                camera.createCaptureSession(readers.map(ImageReader::getSurface), configured, handler)
            } catch (_: CameraAccessException) {
                lose(R.string.camera_lost)
            }
        }

        override fun onDisconnected(camera: CameraDevice) = lose(R.string.camera_lost).also { camera.close() }

        override fun onError(camera: CameraDevice, error: Int) {
            camera.close()
            lose(
                when (error) {
                    ERROR_CAMERA_IN_USE, ERROR_MAX_CAMERAS_IN_USE -> R.string.camera_busy
                    ERROR_CAMERA_DISABLED -> R.string.camera_refused
                    else -> R.string.camera_lost
                },
            )
        }
    }

    private val configured = object : CameraCaptureSession.StateCallback() {
        override fun onConfigured(session: CameraCaptureSession) {
            val camera = device ?: return
            try {
                val request = camera.createCaptureRequest(CameraDevice.TEMPLATE_PREVIEW)
                request.addTarget(readers[0].surface)
                session.setRepeatingRequest(request.build(), null, handler)
                this@CameraFeed.session = session
            } catch (_: CameraAccessException) {
                lose(R.string.camera_lost)
            } catch (_: IllegalStateException) { // closed meanwhile
            }
        }

        override fun onConfigureFailed(session: CameraCaptureSession) = lose(R.string.camera_lost)
    }

    private fun lose(sentence: Int) {
        val told = closed
        close()
        if (!told) listener.onLost(sentence)
    }
}

private fun sentenceOf(error: CameraAccessException) = when (error.reason) {
    CameraAccessException.CAMERA_IN_USE, CameraAccessException.MAX_CAMERAS_IN_USE -> R.string.camera_busy
    CameraAccessException.CAMERA_DISABLED -> R.string.camera_refused
    else -> R.string.camera_lost
}

/** The one about [SHORT_SIDE] pixels high whose shape is nearest to the still's. */
private fun liveSize(sizes: List<Size>, still: Size): Size {
    val shape = still.width.toDouble() / still.height
    val short = sizes.filter { minOf(it.width, it.height) <= SHORT_SIDE }.ifEmpty { sizes }
    val highest = short.maxOf { minOf(it.width, it.height) }
    return short.filter { minOf(it.width, it.height) == highest }.minBy { Math.abs(it.width.toDouble() / it.height - shape) }
}
