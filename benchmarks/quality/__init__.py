"""Fidelity of a picture to its target, and stability of a video."""
