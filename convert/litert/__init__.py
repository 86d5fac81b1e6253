"""LiteRT: the graph written into TensorFlow, and its file."""
