"""The contracting halves of the U-Nets: torchvision's ResNets, giving a feature map at every halving of the picture."""

import http.client
import socket
from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import nn
from torchvision.models import get_model

CHANNELS = {  # of the feature maps at 1/2, 1/4, 1/8, 1/16 and 1/32 of the picture's sides
    "resnet18": (64, 64, 128, 256, 512),
    "resnet34": (64, 64, 128, 256, 512),
}
PATIENCE_SECONDS = 5.0


class WeightsUnavailable(Exception):
    """Published weights could not be fetched: one line naming them and the reason."""


class ResNetEncoder(nn.Module):
    """A ResNet (He et al. 2015, arXiv:1512.03385) without its classifier."""

    def __init__(self, name: str, weights: str | None) -> None:
        super().__init__()
        net = get_model(name, weights=weights)
        self.stem = nn.Sequential(net.conv1, net.bn1, net.relu)
        self.pool = net.maxpool
        self.stages = nn.ModuleList([net.layer1, net.layer2, net.layer3, net.layer4])

    def forward(self, image: torch.Tensor) -> list[torch.Tensor]:
        """N x 3 x H x W, ImageNet-normalised, to five feature maps, from 1/2 down to 1/32 of the sides."""
        features = [self.stem(image)]
        x = self.pool(features[0])
        for stage in self.stages:
            x = stage(x)
            features.append(x)
        return features


def make_encoder(name: str, pretrained: bool) -> nn.Module:
    """The encoder `name` (a key of `CHANNELS`), with torchvision's ImageNet weights if `pretrained`.

    Raises WeightsUnavailable when those are not in torch's cache and cannot be fetched.
    """
    with fetching(f"ImageNet weights of {name}"):
        return ResNetEncoder(name, "IMAGENET1K_V1" if pretrained else None)


@contextmanager
def fetching(what: str) -> Iterator[None]:
    """Give up on a silent network after five seconds, and say so as WeightsUnavailable.

    torch.hub opens its connections without a timeout: behind a firewall that drops packets it would wait for minutes.
    """
    patience = socket.getdefaulttimeout()
    socket.setdefaulttimeout(PATIENCE_SECONDS)
    try:
        yield
    except (OSError, RuntimeError, http.client.HTTPException) as error:  # no network, wrong hash, broken connection
        raise WeightsUnavailable(f"{what} cannot be had ({str(error).strip('<>')})") from error
    finally:
        socket.setdefaulttimeout(patience)
