package android.graphics;
import java.io.InputStream;
public class BitmapFactory {
    public static native Bitmap decodeStream(InputStream stream, Rect padding, Options options);
    public static class Options {
        public boolean inJustDecodeBounds;
        public int inSampleSize;
        public int outWidth;
        public int outHeight;
    }
}
