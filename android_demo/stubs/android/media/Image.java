package android.media;
import java.nio.ByteBuffer;
public abstract class Image implements AutoCloseable {
    public abstract int getWidth();
    public abstract int getHeight();
    public abstract Plane[] getPlanes();
    public abstract void close();
    public abstract static class Plane {
        public abstract ByteBuffer getBuffer();
        public abstract int getPixelStride();
        public abstract int getRowStride();
    }
}
