package android.os;
public final class Bundle {
    public native boolean getBoolean(String key);
    public native String getString(String key);
    public native void putBoolean(String key, boolean value);
    public native void putString(String key, String value);
}
