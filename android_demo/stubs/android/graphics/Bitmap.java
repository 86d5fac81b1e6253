package android.graphics;
import android.annotation.Nullable;
import java.io.OutputStream;
public final class Bitmap {
    public enum Config { ARGB_8888 }
    public enum CompressFormat { JPEG }
    public static native Bitmap createBitmap(int width, int height, Config config);
    public static native Bitmap createBitmap(Bitmap source, int x, int y, int width, int height, @Nullable Matrix matrix, boolean filter);
    public static native Bitmap createScaledBitmap(Bitmap source, int width, int height, boolean filter);
    public native boolean compress(CompressFormat format, int quality, OutputStream stream);
    public native int getWidth();
    public native int getHeight();
    public native void getPixels(int[] pixels, int offset, int stride, int x, int y, int width, int height);
    public native void setPixels(int[] pixels, int offset, int stride, int x, int y, int width, int height);
}
