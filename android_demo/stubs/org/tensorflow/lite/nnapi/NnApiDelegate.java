package org.tensorflow.lite.nnapi;
import org.tensorflow.lite.Delegate;
public class NnApiDelegate implements Delegate {
    public NnApiDelegate(Options options) {}
    public native long getNativeHandle();
    public static final class Options { public native Options setUseNnapiCpu(boolean use); }
}
