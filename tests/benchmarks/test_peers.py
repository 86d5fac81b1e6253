"""Other papers' networks have the sizes that their papers, or their authors' code, print."""

import pytest
import torch

from benchmarks.peers import PEERS
from compress.macs import gmacs

PARAMETERS = {
    "pix2pix-resnet6": 7_841_411,  # 7.841 M
    "pix2pix-unet": 54_413_955,  # 54.413 M
    "cyclegan-resnet9": 11_378_179,  # 11.378 M
    "animeganv2": 2_143_552,  # 2.14 M
    "johnson": 1_679_235,  # 1.68 M
    "mobilenet-unet": 6_629_235,  # 6.63 M
}


@pytest.mark.parametrize("name", PEERS)
def test_parameters_are_those_of_the_paper(name: str) -> None:
    with torch.device("meta"):
        network = PEERS[name]()
    assert sum(parameter.numel() for parameter in network.parameters()) == PARAMETERS[name]


def test_multiplications_are_those_that_are_published() -> None:
    assert gmacs(PEERS["animeganv2"](), 256) == pytest.approx(26.3, abs=0.05)


@pytest.mark.parametrize("name", PEERS)
def test_a_picture_keeps_its_size(name: str) -> None:
    with torch.device("meta"):
        network = PEERS[name]().eval()
    sides = (network.spec.multiple * 3, network.spec.multiple * 5) if name != "pix2pix-unet" else (256, 512)
    picture = torch.empty(1, 3, *(max(side, 32) for side in sides), device="meta")
    assert network(picture).shape == picture.shape
