package org.tensorflow.lite;
import java.nio.ByteBuffer;
import java.util.Map;
public final class Interpreter implements AutoCloseable {
    public Interpreter(ByteBuffer model, Options options) {}
    public native void allocateTensors();
    public native void close();
    public native Tensor getOutputTensor(int index);
    public native void resizeInput(int index, int[] shape);
    public native void runForMultipleInputsOutputs(Object[] inputs, Map<Integer, Object> outputs);
    public static class Options {
        public native Options addDelegate(Delegate delegate);
        public native Options setNumThreads(int threads);
        public native Options setUseXNNPACK(boolean use);
    }
}
