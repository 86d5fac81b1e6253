package android.content.res;
import java.io.IOException;
public final class AssetManager {
    public native String[] list(String folder) throws IOException;
    public native AssetFileDescriptor openFd(String name) throws IOException;
}
