"""Time and work of each layer, compared with the processor's peaks."""
