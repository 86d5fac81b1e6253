"""Names of networks in labels, tables and plots."""

from collections.abc import Mapping
from typing import Any

NAMES = {
    "unet-resnet18": "U-Net ResNet18",
    "unet-resnet34": "U-Net ResNet34",
    "pix2pix-resnet6": "pix2pix ResNet, 6 blocks",
    "pix2pix-unet": "pix2pix U-Net",
    "cyclegan-resnet9": "CycleGAN ResNet, 9 blocks",
    "animeganv2": "AnimeGANv2",
    "johnson": "Johnson's style transfer",
    "mobilenet-unet": "U-Net MobileNetV2",
    "photo": "the photo, left as it is",
}


def name(row: Mapping[str, Any]) -> str:
    """The network and precision of `row`, without its runtime; a network without an entry keeps its own name."""
    model = str(NAMES.get(row["model"], row["model"]))
    return f"{model}, {row['precision']}" if "precision" in row else model
