"""LiteRT: the graph written in TensorFlow, and its file."""
