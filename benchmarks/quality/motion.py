"""Temporal stability: shimmer of the painting under a synthetic, exactly known motion.

The frame moves by less than a camera moves between two frames: painting the moved frame should equal moving the
painted frame (the warping error of Lai et al. 2018, arXiv:1808.00449, with exact flow in place of an
estimated one). Resampling and the look itself add to the difference, so it is meaningful only relative to that of the
program that makes the targets.
"""

import cv2
import numpy as np

from pix2phone.arrays import Painter

PAN = (1.5, 0.75)  # pixels to the right and down: half and quarter steps against the pixel grid
ZOOM = 1.02
TURN = 1.0  # degrees
MARGIN = 64  # pixels along the sides excluded from the comparison: motion brings them into the picture


def motions(height: int, width: int) -> dict[str, np.ndarray]:
    """The three motions as 2 x 3 matrices for cv2.warpAffine, zoom and turn about the middle."""
    middle = ((width - 1) / 2, (height - 1) / 2)
    pan = np.array([[1, 0, PAN[0]], [0, 1, PAN[1]]])
    return {
        "pan": pan,
        "zoom": cv2.getRotationMatrix2D(middle, 0.0, ZOOM),
        "turn": cv2.getRotationMatrix2D(middle, TURN, 1.0),
    }


def move(picture: np.ndarray, motion: np.ndarray) -> np.ndarray:
    """`picture`, uint8 H x W x 3, resampled by Lanczos's kernel; the outside is mirrored."""
    height, width = picture.shape[:2]
    return cv2.warpAffine(picture, motion, (width, height), flags=cv2.INTER_LANCZOS4, borderMode=cv2.BORDER_REFLECT_101)


def shimmer(paint: Painter, photo: np.ndarray, painted: np.ndarray) -> float:
    """Mean absolute difference of paint(move(photo)) and move(painted), grey levels, mean over the three motions.

    `painted` is paint(photo). 0 for a painter that returns the photo unchanged.
    """
    height, width = photo.shape[:2]
    margin = min(MARGIN, min(height, width) // 4)
    inside = np.s_[margin : height - margin, margin : width - margin]
    differences = []
    for motion in motions(height, width).values():
        fresh, carried = paint(move(photo, motion)), move(painted, motion)
        differences.append(np.abs(fresh[inside].astype(np.float32) - carried[inside]).mean())
    return float(np.mean(differences))
