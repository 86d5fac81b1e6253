"""Distances between VGG-16 features of pictures."""

import torch
from torch.nn import functional as F

from train.engine.task import Batch
from train.losses.pixel import clipped
from train.losses.vgg import Vgg16, hed_vgg16

PERCEPTUAL_DEPTHS = 4
PERCEPTUAL_WEIGHT = 0.05  # its gradient at the pixels is then one to two times that of L1 on painted photos
PAPER_LINE = f"L1 + {PERCEPTUAL_WEIGHT} L1 of the features of"


def paper_loss(vgg: Vgg16, picture: torch.Tensor, batch: Batch) -> torch.Tensor:
    """Mean absolute error plus weighted perceptual loss: the paper's."""
    vgg.to(picture.device)
    target = batch["target"]
    picture = clipped(picture, target)
    return F.l1_loss(picture, target) + PERCEPTUAL_WEIGHT * perceptual_loss(vgg, picture, target)


def perceptual_loss(vgg: Vgg16, picture: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    """Mean absolute error of VGG-16 features, relative to the target's mean feature: unit-free, all depths alike.

    The mean over relu1_2, relu2_2, relu3_3 and relu4_3 (Johnson et al. 2016, arXiv:1603.08155, with the L1 norm).
    """
    with torch.no_grad():
        wanted = vgg(target, PERCEPTUAL_DEPTHS)
    errors = []
    for found, feature in zip(vgg(picture, PERCEPTUAL_DEPTHS), wanted, strict=True):
        error = (found - feature).abs().mean(dim=(1, 2, 3))
        errors.append((error / feature.mean(dim=(1, 2, 3))).mean())
    return torch.stack(errors).mean()


def perceptual_features(image: torch.Tensor) -> list[torch.Tensor]:
    """The features in `perceptual_distance`: outputs of HED's VGG-16 after each of its five stages, at unit length."""
    with torch.no_grad():
        return [F.normalize(stage) for stage in hed_vgg16().to(image.device)(image, 5)]


def perceptual_distance(first: list[torch.Tensor], second: list[torch.Tensor]) -> float:
    """The VGG-16/HED feature distance of two batches by their features; 0 for equal pictures, about 1 for unrelated.

    Squared distance, mean over positions and stages. (Akin to LPIPS, Zhang et al. 2018, arXiv:1801.03924, but with
    other weights and not calibrated on people: figures do not compare.)
    """
    stages = [(a - b).square().sum(dim=1).mean() for a, b in zip(first, second, strict=True)]
    return float(torch.stack(stages).mean())
