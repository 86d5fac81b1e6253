"""Core ML: the traced network as an ML Program."""
