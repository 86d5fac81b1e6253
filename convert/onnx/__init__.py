"""ONNX: the graph written operator by operator, and its file."""
