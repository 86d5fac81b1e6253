package org.tensorflow.lite;
public final class TensorFlowLite { public static native String runtimeVersion(); }
