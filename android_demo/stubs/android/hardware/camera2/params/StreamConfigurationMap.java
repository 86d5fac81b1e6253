package android.hardware.camera2.params;
import android.util.Size;
public final class StreamConfigurationMap {
    public native Size[] getOutputSizes(int format);
}
