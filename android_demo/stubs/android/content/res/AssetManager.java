package android.content.res;
import android.annotation.Nullable;
import java.io.IOException;
public final class AssetManager {
    @Nullable public native String[] list(String folder) throws IOException;
    public native AssetFileDescriptor openFd(String name) throws IOException;
}
