"""Other papers' networks, built as their papers say, to be timed beside ours.

All are untrained: weights change what a network paints, not how long it takes. They are fed [0, 1] as everything here
is, whatever range their papers train with.
"""

from collections.abc import Callable
from functools import partial

from benchmarks.peers.animegan import AnimeGanV2
from benchmarks.peers.johnson import StyleTransfer
from benchmarks.peers.mobilenet import MobileNetUnet
from benchmarks.peers.resnet import ResnetGenerator
from benchmarks.peers.unet import UnetGenerator
from train.models.contract import Generator

PEERS: dict[str, Callable[[], Generator]] = {
    "pix2pix-resnet6": partial(ResnetGenerator, blocks=6, batch_norm=True),
    "pix2pix-unet": UnetGenerator,
    "cyclegan-resnet9": partial(ResnetGenerator, blocks=9, batch_norm=False),
    "animeganv2": AnimeGanV2,
    "johnson": StyleTransfer,
    "mobilenet-unet": MobileNetUnet,
}
