package android.os;
import android.annotation.Nullable;
public final class Bundle {
    public native boolean getBoolean(String key);
    @Nullable public native String getString(String key);
    public native void putBoolean(String key, boolean value);
    public native void putString(@Nullable String key, @Nullable String value);
}
