package android.hardware.camera2;
import android.annotation.Nullable;
import android.os.Handler;
public abstract class CameraCaptureSession {
    public abstract int capture(CaptureRequest request, @Nullable CaptureCallback callback, @Nullable Handler handler) throws CameraAccessException;
    public abstract int setRepeatingRequest(CaptureRequest request, @Nullable CaptureCallback callback, @Nullable Handler handler) throws CameraAccessException;
    public abstract static class CaptureCallback {}
    public abstract static class StateCallback {
        public abstract void onConfigured(CameraCaptureSession session);
        public abstract void onConfigureFailed(CameraCaptureSession session);
    }
}
