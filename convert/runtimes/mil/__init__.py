"""ML Programs evaluated on torch, where Core ML cannot run."""
