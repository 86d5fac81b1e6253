"""Picture networks made elsewhere, ONNX, LiteRT or TorchScript: opened, their conventions found, written as ONNX."""
