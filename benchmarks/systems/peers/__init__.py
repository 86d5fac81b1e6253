"""Other papers' networks, built from their descriptions, as baselines for timing.

All are untrained: weights change the output, not the time. They are fed [0, 1] as everything here
is, whatever range their papers train with.
"""

from collections.abc import Callable
from functools import partial

from benchmarks.systems.peers.animegan import AnimeGanV2
from benchmarks.systems.peers.johnson import StyleTransfer
from benchmarks.systems.peers.mobilenet import MobileNetUnet
from benchmarks.systems.peers.resnet import ResnetGenerator
from benchmarks.systems.peers.unet import UnetGenerator
from train.models.generator import Generator

PEERS: dict[str, Callable[[], Generator]] = {
    "pix2pix-resnet6": partial(ResnetGenerator, blocks=6, batch_norm=True),
    "pix2pix-unet": UnetGenerator,
    "cyclegan-resnet9": partial(ResnetGenerator, blocks=9, batch_norm=False),
    "animeganv2": AnimeGanV2,
    "johnson": StyleTransfer,
    "mobilenet-unet": MobileNetUnet,
}
