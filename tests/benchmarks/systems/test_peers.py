"""Other papers' networks have the sizes that their papers, or their authors' code, print."""

from pathlib import Path

import numpy as np
import pytest
import torch
from model_tester import sees_everything
from torch import nn

from benchmarks.systems.catalog import untrained as untrained_systems
from benchmarks.systems.openers import untrained
from benchmarks.systems.peers import PEERS, litert
from benchmarks.systems.peers.animegan import ConvNorm, InvertedResidual
from benchmarks.timing.load_monitor import LoadMonitor
from benchmarks.timing.partial import Partial
from benchmarks.timing.protocol import BenchmarkPlan
from benchmarks.timing.stage import Stage
from compress.macs import gmacs
from convert.runtimes.open import open_runtime
from pix2phone.errors import CheckFailed
from pix2phone.pictures import write_picture
from train.metrics import psnr
from train.models.generator import Generator, painter
from train.models.spec import ModelSpec, Tiling

pytestmark = pytest.mark.converter

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


@pytest.mark.parametrize("name", PEERS)
def test_tiling_is_as_declared(name: str) -> None:
    torch.manual_seed(0)
    network = PEERS[name]().eval()
    assert sees_everything(network) == (network.spec.tiling is Tiling.GLOBAL)


def test_a_peer_is_timed_in_a_process_of_its_own(tmp_path: Path) -> None:
    (system,) = [system for system in untrained_systems(threads=1) if system.key == "johnson"]
    photo = np.full((24, 24, 3), 99, np.uint8)
    write_picture(tmp_path / "photo.jpg", photo)
    stage = Stage([system], 16, BenchmarkPlan(iterations=(2,), sizes=(16,), threads=1, warm_ups=0))
    (row,) = stage.run(photo, (tmp_path / "photo.jpg").read_bytes(), LoadMonitor(), Partial(tmp_path, "test"))
    assert row.status == "measured" and len(row.samples) == 2
    assert (row.group, row.weights, row.parameters) == ("peer", "untrained", PARAMETERS["johnson"])
    assert row.bytes == 4 * PARAMETERS["johnson"]
    assert row.gmacs == pytest.approx(10.0789 * (16 / 256) ** 2, rel=1e-3)


class SmallAnime(Generator):
    """Of every kind of layer that AnimeGANv2 has, one."""

    def __init__(self) -> None:
        super().__init__()
        self.spec = ModelSpec(multiple=4)
        down = (ConvNorm(3, 8, stride=2), InvertedResidual(8, 8))
        double = nn.Upsample(scale_factor=2, mode="bilinear", align_corners=False)
        self.layers = nn.Sequential(*down, double, nn.Conv2d(8, 3, 1), nn.Sigmoid())

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        return self.layers(image)


def test_a_peer_becomes_a_litert_file_of_any_size_that_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(PEERS, "small-anime", SmallAnime)
    path = litert.untrained_file("small-anime", "float32", tmp_path)  # refuses what torch paints otherwise
    made = path.stat().st_mtime_ns
    picture = np.random.default_rng(0).integers(0, 256, (64, 96, 3), np.uint8)
    network = untrained("small-anime").eval()
    assert psnr(open_runtime(path, 1)(picture), painter(network)(picture)) > 60
    assert litert.untrained_file("small-anime", "float32", tmp_path) == path
    assert path.stat().st_mtime_ns == made


def test_norms_written_out_are_the_same_norms() -> None:
    norm = nn.GroupNorm(1, 6)
    nn.init.normal_(norm.weight), nn.init.normal_(norm.bias)
    x = torch.randn(1, 6, 9, 7, generator=torch.Generator().manual_seed(0)) * 3 + 1
    torch.testing.assert_close(litert.WholeNorm(norm)(x), norm(x))


def test_a_file_that_paints_another_picture_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(litert, "FLOORS", {"float32": 1000.0})
    with pytest.raises(CheckFailed, match="dB from torch"):
        litert.untrained_file("small", "float32", tmp_path)
    assert not list(tmp_path.iterdir())
