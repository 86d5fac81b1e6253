"""Fidelity of a picture to its target, and of a video to itself."""
