"""Stage 3: a checkpoint converted to Core ML, LiteRT and ONNX files, each checked before it is kept."""
