package android.content;
import android.annotation.Nullable;
import android.net.Uri;
import android.os.Parcelable;
public class Intent implements Parcelable {
    public static final String ACTION_BATTERY_CHANGED = "android.intent.action.BATTERY_CHANGED";
    public static final String ACTION_GET_CONTENT = "android.intent.action.GET_CONTENT";
    public static final String ACTION_SEND = "android.intent.action.SEND";
    public static final String CATEGORY_OPENABLE = "android.intent.category.OPENABLE";
    public static final String EXTRA_STREAM = "android.intent.extra.STREAM";
    public static final int FLAG_GRANT_READ_URI_PERMISSION = 1;
    public Intent(String action) {}
    public Intent(String action, Uri uri) {}
    public Intent(Context context, Class<?> activity) {}
    public static native Intent createChooser(Intent intent, CharSequence title);
    public native Intent addCategory(String category);
    public native Intent addFlags(int flags);
    @Nullable public native Uri getData();
    public native Intent setData(@Nullable Uri data);
    public native Intent setType(@Nullable String type);
    public native Intent putExtra(String name, @Nullable String value);
    public native Intent putExtra(String name, @Nullable Parcelable value);
    public native boolean hasExtra(String name);
    public native boolean getBooleanExtra(String name, boolean otherwise);
    public native float getFloatExtra(String name, float otherwise);
    public native int getIntExtra(String name, int otherwise);
    @Nullable public native int[] getIntArrayExtra(String name);
    @Nullable public native String getStringExtra(String name);
}
