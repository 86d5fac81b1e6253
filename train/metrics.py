"""How near two pictures are. All take uint8 H x W x 3 arrays of equal shape, both sides at least 7 pixels."""

from collections.abc import Iterable
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from skimage.metrics import structural_similarity

from train.preview import centre

if TYPE_CHECKING:
    import torch

PEAK_DB = 100.0
REMEMBERED = 8  # targets' features, 31 MB each


def psnr(first: np.ndarray, second: np.ndarray) -> float:
    """Peak signal-to-noise ratio in dB over all pixels and channels; equal pictures give 100."""
    error = np.mean((first.astype(np.float32) - second.astype(np.float32)) ** 2)
    return min(PEAK_DB, float(10 * np.log10(255.0**2 / error))) if error > 0 else PEAK_DB


def ssim(first: np.ndarray, second: np.ndarray) -> float:
    """Structural similarity (Wang et al. 2004: Gaussian window, sigma 1.5), mean over the three channels."""
    return float(
        structural_similarity(
            first, second, channel_axis=2, gaussian_weights=True, sigma=1.5, use_sample_covariance=False
        )
    )


def gradient_error(picture: np.ndarray, target: np.ndarray) -> float:
    """Mean absolute error of neighbouring differences, in grey levels: low when edges and strokes are kept."""
    difference = picture.astype(np.float32) - target.astype(np.float32)
    return float((np.abs(np.diff(difference, axis=0)).mean() + np.abs(np.diff(difference, axis=1)).mean()) / 2)


def perceptual(picture: np.ndarray, target: np.ndarray) -> float:
    """perceptual_distance of their middles, 256 pixels a side: a whole photo would take half a minute."""
    # Here, so that other measures do without torch.
    from train.losses.perceptual import perceptual_distance, perceptual_features

    features = perceptual_features(_middle(picture)), _target_features(target.shape, target.tobytes())
    return perceptual_distance(*features)


@lru_cache(REMEMBERED)
def _target_features(shape: tuple[int, ...], content: bytes) -> "list[torch.Tensor]":
    """Of a target in bytes: a quick run judges one network after the other on the same few."""
    from train.losses.perceptual import perceptual_features

    return perceptual_features(_middle(np.frombuffer(content, np.uint8).reshape(shape)))


def _middle(picture: np.ndarray) -> "torch.Tensor":
    import torch

    return torch.from_numpy(centre(picture, 256).copy()).permute(2, 0, 1)[None] / 255


METRICS = {"psnr": psnr, "ssim": ssim, "gradient_error": gradient_error, "perceptual": perceptual}


def scores(picture: np.ndarray, target: np.ndarray) -> dict[str, float]:
    """Every one of `METRICS` of one picture against its target."""
    return {name: round(measure(picture, target), 6) for name, measure in METRICS.items()}


def mean_scores(each: Iterable[dict[str, float]]) -> dict[str, float]:
    """Means of the results of `scores` for several pictures, at least one."""
    rows = list(each)
    return {name: round(float(np.mean([row[name] for row in rows])), 4) for name in METRICS}
