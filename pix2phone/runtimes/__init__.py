"""Network files opened in their runtimes: the one place where ONNX, LiteRT and TorchScript files are run."""
