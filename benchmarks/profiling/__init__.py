"""Time and work of each layer, beside what the processor can do."""
