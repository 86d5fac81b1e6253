"""Strips of pictures: the progress of a run, and its augmented samples."""

import numpy as np

GUTTER = 6


def strip(rows: list[list[np.ndarray]]) -> np.ndarray:
    """One uint8 picture of `rows` of uint8 H x W x 3 pictures, on white; sizes may differ."""
    lines = [_join(row, axis=1) for row in rows]
    return _join(lines, axis=0)


def _join(pictures: list[np.ndarray], axis: int) -> np.ndarray:
    across = 1 - axis
    longest = max(picture.shape[across] for picture in pictures)
    parts: list[np.ndarray] = []
    for picture in pictures:
        pad = [(0, 0), (0, 0), (0, 0)]
        pad[across] = (0, longest - picture.shape[across])
        pad[axis] = (0, GUTTER)
        parts.append(np.pad(picture, pad, constant_values=255))
    joined = np.concatenate(parts, axis=axis)
    return joined[:, :-GUTTER] if axis else joined[:-GUTTER]


def centre(picture: np.ndarray, size: int) -> np.ndarray:
    """The middle of a picture, at most `size` pixels a side."""
    top, left = (max(0, (side - size) // 2) for side in picture.shape[:2])
    return picture[top : top + size, left : left + size]
