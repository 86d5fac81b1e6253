"""Measures on published weights, LPIPS and KID, computed only if the weights are present. Nothing is downloaded."""

import importlib.util
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional as F
from torchvision.models import AlexNet_Weights, Inception_V3_Weights, WeightsEnum, inception_v3

INCEPTION_SIDE = 299
FID_REASON = "its covariance of 2,048 features needs thousands of pictures; KID does with few"
SUBSETS = 50
LEAST_PICTURES = 4


def missing() -> dict[str, str]:
    """{measure: reason} of the measures that are unavailable here."""
    why = {"LPIPS": _no_lpips(), "KID": _no_weights(Inception_V3_Weights.IMAGENET1K_V1), "FID": FID_REASON}
    return {measure: reason for measure, reason in why.items() if reason}


def _no_weights(weights: WeightsEnum) -> str:
    path = Path(torch.hub.get_dir()) / "checkpoints" / Path(weights.url).name
    return "" if path.exists() else f"{path.name} is not in torch's cache"


def _no_lpips() -> str:
    if importlib.util.find_spec("lpips") is None:
        return "the package lpips is not installed"
    return _no_weights(AlexNet_Weights.IMAGENET1K_V1)


def load_lpips() -> Callable[[np.ndarray, np.ndarray], float]:
    """LPIPS v0.1 on AlexNet (Zhang et al. 2018, arXiv:1801.03924) of two uint8 H x W x 3 pictures."""
    import lpips

    net = lpips.LPIPS(net="alex", verbose=False).eval()

    def distance(first: np.ndarray, second: np.ndarray) -> float:
        with torch.inference_mode():
            return float(net(*(_tensor(picture) * 2 - 1 for picture in (first, second))))

    return distance


def load_inception() -> Callable[[np.ndarray], np.ndarray]:
    """The 2,048 pooled features of torchvision's ImageNet Inception v3 for uint8 H x W x 3."""
    net = inception_v3(init_weights=False)
    net.load_state_dict(Inception_V3_Weights.IMAGENET1K_V1.get_state_dict(weights_only=True))
    net.transform_input = True  # the input range of its weights, which come from TensorFlow
    net.fc = torch.nn.Identity()
    net.eval()
    mean, spread = (torch.tensor(values).view(1, 3, 1, 1) for values in ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)))

    def features(picture: np.ndarray) -> np.ndarray:
        image = F.interpolate(_tensor(picture), (INCEPTION_SIDE,) * 2, mode="bilinear", antialias=True)
        with torch.inference_mode():
            return net((image - mean) / spread)[0].numpy()

    return features


def kid(first: np.ndarray, second: np.ndarray) -> tuple[float, float]:
    """Kernel Inception distance of two sets of features, N x D each, at least `LEAST_PICTURES`, and its spread.

    The unbiased squared MMD with the kernel (x.y / D + 1)^3 (Binkowski et al. 2018, arXiv:1801.01401): mean and
    standard deviation over `SUBSETS` subsets of half the pictures. Values compare only if the features come from one
    Inception network.
    """
    draw, half = np.random.default_rng(0), min(len(first), len(second)) // 2
    found = []
    for _ in range(SUBSETS):
        parts = (features[draw.choice(len(features), half, replace=False)] for features in (first, second))
        found.append(_squared_mmd(*parts))
    return float(np.mean(found)), float(np.std(found))


def _squared_mmd(first: np.ndarray, second: np.ndarray) -> float:
    def kernel(a: np.ndarray, b: np.ndarray) -> np.ndarray:
        return (a.astype(np.float64) @ b.T / a.shape[1] + 1) ** 3

    def mean_of_different(a: np.ndarray) -> float:
        matrix = kernel(a, a)
        return (matrix.sum() - np.trace(matrix)) / (len(a) * (len(a) - 1))

    return float(mean_of_different(first) + mean_of_different(second) - 2 * kernel(first, second).mean())


def _tensor(picture: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(picture.astype(np.float32) / 255).permute(2, 0, 1)[None]
