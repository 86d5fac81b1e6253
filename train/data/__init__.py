"""Data: the built-in photographs, pairs, augmentation."""
