"""Other papers' networks have the sizes that their papers, or their authors' code, print."""

from pathlib import Path

import numpy as np
import pytest
import torch

from benchmarks.partial import Partial
from benchmarks.peers import PEERS
from benchmarks.protocol import Plan
from benchmarks.systems import untrained
from benchmarks.timing import Stage
from benchmarks.watch import Watch
from compress.macs import gmacs
from pix2phone.pictures import write_picture

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


def test_a_peer_is_timed_in_a_process_of_its_own(tmp_path: Path) -> None:
    (system,) = [system for system in untrained(threads=1) if system.key == "johnson"]
    photo = np.full((24, 24, 3), 99, np.uint8)
    write_picture(tmp_path / "photo.jpg", photo)
    stage = Stage([system], 16, Plan(iterations=(2,), sizes=(16,), threads=1, warm_ups=0))
    (row,) = stage.run(photo, (tmp_path / "photo.jpg").read_bytes(), Watch(), Partial(tmp_path, "test"))
    assert row["status"] == "measured" and len(row["samples_ms"]) == 2
    assert (row["group"], row["weights"], row["parameters"]) == ("peer", "untrained", PARAMETERS["johnson"])
    assert row["bytes"] == 4 * PARAMETERS["johnson"]
    assert row["gmacs"] == pytest.approx(10.0789 * (16 / 256) ** 2, rel=1e-3)
