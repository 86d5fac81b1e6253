"""Pictures in memory, as networks take and give them."""

from collections.abc import Callable

import numpy as np

Painter = Callable[[np.ndarray], np.ndarray]  # uint8 H x W x 3 in and out


def to_nchw(picture: np.ndarray) -> np.ndarray:
    """uint8 H x W x 3 as networks take it: 1 x 3 x H x W float32 in [0, 1], in one piece of memory."""
    return np.ascontiguousarray(picture.transpose(2, 0, 1)[None], np.float32) / 255
