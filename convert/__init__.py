"""Stage 3: a checkpoint in, files for Core ML, LiteRT and ONNX out, each checked before it is kept."""
