package android.content.res;
import java.io.Closeable;
import java.io.FileDescriptor;
public class AssetFileDescriptor implements Closeable {
    public native FileDescriptor getFileDescriptor();
    public native long getStartOffset();
    public native long getDeclaredLength();
    public native void close();
}
