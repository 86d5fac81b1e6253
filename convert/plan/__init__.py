"""Files made of a checkpoint, their options, and their metadata."""
