package org.tensorflow.lite.gpu;
import org.tensorflow.lite.Delegate;
public class GpuDelegate implements Delegate {
    public GpuDelegate(GpuDelegateFactory.Options options) {}
    public native long getNativeHandle();
    @Deprecated
    public static class Options extends GpuDelegateFactory.Options {}
}
