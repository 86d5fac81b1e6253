package android.hardware.camera2;
import android.annotation.Nullable;
import android.os.Handler;
import android.view.Surface;
import java.util.List;
public abstract class CameraDevice implements AutoCloseable {
    public static final int TEMPLATE_PREVIEW = 1;
    public static final int TEMPLATE_STILL_CAPTURE = 2;
    public abstract void close();
    public abstract CaptureRequest.Builder createCaptureRequest(int template) throws CameraAccessException;
    @Deprecated
    public abstract void createCaptureSession(List<Surface> outputs, CameraCaptureSession.StateCallback callback, @Nullable Handler handler) throws CameraAccessException;
    public abstract static class StateCallback {
        public static final int ERROR_CAMERA_IN_USE = 1;
        public static final int ERROR_MAX_CAMERAS_IN_USE = 2;
        public static final int ERROR_CAMERA_DISABLED = 3;
        public abstract void onOpened(CameraDevice camera);
        public abstract void onDisconnected(CameraDevice camera);
        public abstract void onError(CameraDevice camera, int error);
    }
}
