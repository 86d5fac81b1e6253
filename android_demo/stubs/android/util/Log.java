package android.util;
public final class Log {
    public static native int e(String tag, String message);
}
