"""Networks that were not trained here, ONNX or TorchScript: opened, wrapped and written as our own files are."""

SUFFIXES = (".onnx", ".pt", ".ts", ".torchscript")
