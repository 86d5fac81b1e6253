package android.hardware.camera2;
import android.view.Surface;
public final class CaptureRequest {
    public static final Key<Integer> JPEG_ORIENTATION = null;
    public static final class Key<T> {}
    public static final class Builder {
        public native void addTarget(Surface surface);
        public native <T> void set(Key<T> key, T value);
        public native CaptureRequest build();
    }
}
