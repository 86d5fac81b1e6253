package android.graphics;
import android.annotation.Nullable;
import java.io.InputStream;
public class BitmapFactory {
    @Nullable public static native Bitmap decodeStream(@Nullable InputStream stream, @Nullable Rect padding, @Nullable Options options);
    public static class Options {
        public boolean inJustDecodeBounds;
        public int inSampleSize;
        public int outWidth;
        public int outHeight;
    }
}
