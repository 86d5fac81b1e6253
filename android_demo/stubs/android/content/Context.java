package android.content;
import android.annotation.Nullable;
import android.content.pm.PackageManager;
import android.content.res.AssetManager;
import android.database.Cursor;
import java.io.File;
public abstract class Context {
    public native int checkSelfPermission(String permission);
    public native AssetManager getAssets();
    public native File getCacheDir();
    public native ContentResolver getContentResolver();
    @Nullable public native File getExternalFilesDir(@Nullable String type);
    public native PackageManager getPackageManager();
    public native String getPackageName();
    public final native String getString(int text);
    public final native String getString(int text, Object... arguments);
    public final native <T> T getSystemService(Class<T> kind);
    @Nullable public native Intent registerReceiver(@Nullable BroadcastReceiver receiver, IntentFilter filter);
    public native void startActivity(Intent intent);
}
