"""Which files are made of a checkpoint, with which options, and what each says of itself."""
