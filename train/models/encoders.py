"""The contracting halves of the U-Nets: torchvision's ResNets, giving a feature map at every halving of the picture."""

import http.client
import pickle
import socket

import torch
from torch import nn
from torchvision.models import ResNet, ResNet18_Weights, ResNet34_Weights, WeightsEnum, resnet18, resnet34

RESNETS = {
    "resnet18": (resnet18, ResNet18_Weights.IMAGENET1K_V1),
    "resnet34": (resnet34, ResNet34_Weights.IMAGENET1K_V1),
}
PATIENCE_SECONDS = 5.0


class WeightsUnavailable(Exception):
    """Published weights could not be fetched: one line naming them and the reason."""


class ResNetEncoder(nn.Module):
    """A torchvision ResNet-18 or -34 (He et al. 2015, arXiv:1512.03385) without its classifier."""

    channels = (64, 64, 128, 256, 512)  # of the feature maps at 1/2, 1/4, 1/8, 1/16 and 1/32 of the picture's sides

    def __init__(self, net: ResNet) -> None:
        super().__init__()
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


def make_encoder(name: str, pretrained: bool) -> ResNetEncoder:
    """The encoder `name` (a key of `RESNETS`), with torchvision's ImageNet weights if `pretrained`.

    Raises WeightsUnavailable when those are not in torch's cache and cannot be fetched.
    """
    make, weights = RESNETS[name]
    net = make()
    if pretrained:
        net.load_state_dict(fetch(weights))
    return ResNetEncoder(net)


def fetch(weights: WeightsEnum) -> dict[str, torch.Tensor]:
    """Published weights from torch's cache or the network. Raises WeightsUnavailable after seconds of silence.

    torch.hub opens its connections without a timeout: behind a firewall that drops packets it would wait for minutes.
    """
    patience = socket.getdefaulttimeout()
    socket.setdefaulttimeout(PATIENCE_SECONDS)
    try:
        return weights.get_state_dict(check_hash=True, weights_only=True)
    except (OSError, RuntimeError, http.client.HTTPException, pickle.UnpicklingError) as error:
        raise WeightsUnavailable(f"{weights} cannot be had ({str(error).strip('<>')})") from error
    finally:
        socket.setdefaulttimeout(patience)
