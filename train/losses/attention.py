"""Attention transfer: the features of two networks drawn together."""

import torch
from torch.nn import functional as F

FEATURE_WEIGHT = 0.05


def attention_map(features: torch.Tensor, size: tuple[int, int]) -> torch.Tensor:
    """Where N x C x H x W features are active: their squares summed over C, pooled to `size`, N x (H W) of unit length.

    (The map F_sum^2 of Zagoruyko and Komodakis 2017, arXiv:1612.03928.)
    """
    energy = features.float().square().sum(dim=1, keepdim=True)
    return F.normalize(F.adaptive_avg_pool2d(energy, size).flatten(start_dim=1))


def attention_transfer(student: torch.Tensor, teacher: torch.Tensor) -> torch.Tensor:
    """Distance of two networks' attention maps, in [0, sqrt 2], at the student's size; channels and sizes may differ.

    Equation 2 of Zagoruyko and Komodakis 2017 with p = 2. It has no weights of its own: nothing else to train or keep.
    """
    size = (student.shape[-2], student.shape[-1])
    return (attention_map(student, size) - attention_map(teacher, size)).norm(dim=1).mean()
