package android.hardware.camera2;
import android.annotation.Nullable;
import android.os.Handler;
public final class CameraManager {
    public native String[] getCameraIdList() throws CameraAccessException;
    public native CameraCharacteristics getCameraCharacteristics(String id) throws CameraAccessException;
    public native void openCamera(String id, CameraDevice.StateCallback callback, @Nullable Handler handler) throws CameraAccessException;
}
