"""A U-Net over MobileNetV2, as in segmentation_models.pytorch: a usual choice for phones."""

import torch

from train.models.generator import Generator
from train.models.spec import ModelSpec


class MobileNetUnet(Generator):
    """smp.Unet("mobilenet_v2") with three classes for the colours; N x 3 x H x W to the same, unbounded."""

    def __init__(self) -> None:
        super().__init__()
        from segmentation_models_pytorch import Unet

        self.spec = ModelSpec(multiple=32)
        self.net = Unet("mobilenet_v2", encoder_weights=None, classes=3)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        return self.net(image)
