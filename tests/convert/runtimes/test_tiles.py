"""Tiles: every pixel counts once, no cut shows, memory stays bounded."""

import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn
from torch.nn import functional as F

from compress.graph import export_graph
from compress.load import load
from convert.gate.parity import worst_tile
from convert.gate.receptive_field import measure
from convert.litert.write import write_tflite
from convert.metadata import write_tflite_metadata
from convert.runtimes import base
from convert.runtimes.base import Runtime
from convert.runtimes.coreml_package import CoreMLRuntime
from convert.runtimes.open import open_runtime
from convert.runtimes.tiles import Span, even_plan, paint_tiles, plan
from convert.runtimes.torch_model import TorchRuntime
from pix2phone.artefacts import SHIPPED
from pix2phone.errors import UserError
from pix2phone.pictures import read_picture
from train.data.photos import builtin
from train.metrics import psnr

pytestmark = pytest.mark.converter

SIDES = (1, 2, 31, 64, 97, 255, 256, 257, 413, 1000, 1801, 2999)
RULES = [(0, 1), (20, 4), (28, 4), (64, 32), (128, 32), (300, 128)]  # reach, grid


def weights(spans: list[Span], length: int) -> np.ndarray:
    """How much each tile counts at each pixel of an axis: tiles x length, from how they are laid over each other."""
    shares = np.zeros((len(spans), length))
    for index, (_, first, full, end) in enumerate(spans):
        ramp = np.arange(1, full - first + 1) / (full - first + 1)
        over = np.concatenate([ramp, np.ones(end - full)])
        shares[:, first:end] *= 1 - over
        shares[index, first:end] = over
    return shares


def photo(height: int, width: int) -> np.ndarray:
    return np.array(Image.fromarray(read_picture(builtin("held-out")[2])).resize((width, height)))


@pytest.mark.parametrize(("reach", "grid"), RULES)
@pytest.mark.parametrize("most", [256, 1024])
def test_every_pixel_counts_once_and_far_from_cuts(reach: int, grid: int, most: int) -> None:
    for length in SIDES:
        tiles = even_plan(length, 1, most, reach, grid)
        spans, side = tiles.rows, tiles.sides[0]
        assert side <= most and side % grid == 0
        assert all(span.start % grid == 0 for span in spans)
        assert length <= spans[-1].start + side < length + grid
        shares = weights(spans, length)
        np.testing.assert_allclose(shares.sum(axis=0), 1)
        for span, share in zip(spans, shares, strict=True):
            counts = np.flatnonzero(share)
            cuts = [place for place in (span.start, span.start + side) if 0 < place < length]
            kept = min(reach, (side // 2 - 32) // 2, (side - grid) // 2)
            assert span.start <= counts[0] and counts[-1] < span.start + side
            assert all(min(abs(counts[0] - cut), abs(counts[-1] + 1 - cut)) >= kept for cut in cuts)


@pytest.mark.parametrize("sides", [(64, 64), (48, 160), (1088, 1920)])
@pytest.mark.parametrize("size", [(1, 1), (2, 700), (333, 517), (640, 48), (65, 63)])
def test_a_painter_that_changes_nothing_gives_the_picture_back(size: tuple[int, int], sides: tuple[int, int]) -> None:
    picture = np.random.default_rng(0).integers(0, 256, (*size, 3), np.uint8)
    tiles = plan(*size, sides, receptive_field=8, grid=16)
    assert np.array_equal(paint_tiles(lambda tile: tile, picture, tiles), picture)


def test_neighbours_fade_into_each_other() -> None:
    brightness = iter(range(0, 250, 60))
    tiles = plan(64, 200, (64, 128), receptive_field=8, grid=4)
    picture = np.zeros((64, 200, 3), np.uint8)
    row = paint_tiles(lambda tile: np.full_like(tile, next(brightness)), picture, tiles)[30, :, 0].astype(int)
    assert tiles.total == 2 and (row[0], row[-1]) == (0, 60)
    assert 0 < np.diff(row).max() <= 2


class TinyUnet(nn.Module):
    """Five halvings, five doublings, a skip at each; multiple 32."""

    def __init__(self, width: int = 8) -> None:
        super().__init__()
        self.entry = nn.Conv2d(3, width, 3, padding=1)
        self.down = nn.ModuleList(nn.Conv2d(width, width, 3, stride=2, padding=1) for _ in range(5))
        self.up = nn.ModuleList(nn.Conv2d(width, width, 3, padding=1) for _ in range(5))
        self.exit = nn.Conv2d(width, 3, 1)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        maps = [F.relu(self.entry(image))]
        for layer in self.down:
            maps.append(F.relu(layer(maps[-1])))
        x = maps.pop()
        for layer in self.up:
            x = F.relu(layer(F.interpolate(x, scale_factor=2.0))) + maps.pop()
        return (image + self.exit(x)).clamp(0, 1)


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("tiles")


@pytest.fixture(scope="module")
def runtimes(files: Path) -> dict[str, Runtime]:
    student = load(SHIPPED)
    torch.manual_seed(0)
    made: dict[str, Runtime] = {"torch U-Net": TorchRuntime(TinyUnet(), 32)}
    made["torch U-Net"].receptive_field = measure(made["torch U-Net"]).pixels
    reach = measure(TorchRuntime(student.folded, 4)).pixels
    for precision in ("float32", "int8"):
        path = files / f"{precision}.tflite"
        write_tflite(export_graph(student.folded), path, precision, student.ranges)  # type: ignore[arg-type]
        write_tflite_metadata(path, {"multiple": 4, "reach": reach})
        made[precision] = open_runtime(path, threads=1)
        assert (made[precision].grid, made[precision].receptive_field) == (4, reach)
    return made


@pytest.mark.parametrize("size", [(413, 531), (700, 90)])
@pytest.mark.parametrize("name", ["float32", "int8", "torch U-Net"])
def test_no_seam_shows(
    runtimes: dict[str, Runtime], name: str, size: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    runtime, picture = runtimes[name], photo(*size)
    whole = runtime(picture)
    monkeypatch.setattr(base, "WHOLE", 1)
    monkeypatch.setattr(base, "TILE", 384)
    tiles = runtime.plan(*size)
    assert tiles and tiles.total > 1
    tiled = runtime(picture)
    assert psnr(tiled, whole) > 45
    assert worst_tile(tiled, whole) > 45, "of 32 x 32 pixels"


@pytest.mark.parametrize("name", ["float32", "int8", "torch U-Net"])
def test_without_an_overlap_seams_would_show(runtimes: dict[str, Runtime], name: str) -> None:
    runtime, picture = runtimes[name], photo(413, 531)
    tiles = even_plan(413, 531, 384, runtime.receptive_field, runtime.grid)
    parted = tiles._replace(rows=_side_by_side(tiles.rows), columns=_side_by_side(tiles.columns))
    painted = paint_tiles(lambda tile: runtime._paint(tile, tiles.sides), picture, parted)
    assert worst_tile(painted, runtime(picture)) < 44


def _side_by_side(spans: list[Span]) -> list[Span]:
    """Each tile counts from its own cut on."""
    begins = [span.start for span in spans]
    ends = [*begins[1:], spans[-1].end]
    return [Span(start, start, start, end) for start, end in zip(begins, ends, strict=True)]


class Everything(nn.Module):
    """Every pixel depends on all."""

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        return image - image.mean(dim=(2, 3), keepdim=True)


def test_what_looks_at_the_whole_picture_is_never_tiled(monkeypatch: pytest.MonkeyPatch) -> None:
    runtime, picture = TorchRuntime(Everything(), 4), photo(150, 90)
    whole = runtime(picture)
    monkeypatch.setattr(base, "WHOLE", 1)
    assert runtime.plan(150, 90)
    runtime.tiling = "global"
    assert runtime.plan(150, 90) is None
    assert np.array_equal(runtime(picture), whole)
    runtime.sizes = [(96, 96), (128, 160)]
    assert runtime.plan(128, 100) is None
    with pytest.raises(UserError, match="150x90: .*128x160") as error:
        runtime(picture)
    assert "\n" not in str(error.value)


def test_a_picture_too_large_for_memory_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    runtime = TorchRuntime(Everything(), 4)
    runtime.tiling = "global"
    monkeypatch.setattr(base, "WHOLE", 1)
    assert runtime(photo(64, 64)).shape == (64, 64, 3)
    monkeypatch.setattr(Everything, "forward", lambda self, image: torch.empty(2**50))
    with pytest.raises(UserError, match="64x64: .*memory"):
        runtime(photo(64, 64))


class Listed(CoreMLRuntime):
    """Core ML's rule of sizes round a network that changes nothing."""

    def __init__(self, sizes: list[tuple[int, int]]) -> None:
        self.sizes, self.multiple, self.grid, self.receptive_field = sizes, 4, 4, 20
        self.loaded: list[tuple[int, ...]] = []

    def load(self, picture: np.ndarray) -> None:
        self.loaded.append(picture.shape[:2])
        self.picture = picture

    def invoke(self) -> None: ...

    def raw(self) -> np.ndarray:
        return self.picture


@pytest.mark.parametrize(
    ("size", "taken"), [((500, 300), (512, 256)), ((220, 1800), (256, 512)), ((1800, 220), (512, 256))]
)
def test_core_ml_tiles_what_no_listed_size_holds(size: tuple[int, int], taken: tuple[int, int]) -> None:
    runtime, picture = Listed([(256, 256), (256, 512), (512, 256)]), photo(*size)
    assert np.array_equal(runtime(picture), picture)
    assert set(runtime.loaded) == {taken}


def test_a_listed_size_too_small_for_the_reach_is_not_taken_where_another_will_do() -> None:
    runtime = Listed([(96, 96), (160, 320)])
    runtime.receptive_field = 40
    plan = runtime.plan(170, 170)
    assert plan and plan.sides == (160, 320) and plan.overlap >= 80
    runtime.sizes = [(96, 96)]
    assert runtime.plan(170, 170)


@pytest.mark.skipif(sys.platform != "linux", reason="asks /proc")
def test_memory_is_bounded(runtimes: dict[str, Runtime], files: Path, tmp_path: Path) -> None:
    Image.fromarray(photo(2000, 3000)).save(tmp_path / "large.jpg")
    script = "import convert.run; convert.run.main(); print(open('/proc/self/status').read())"
    words = (files / "float32.tflite", tmp_path / "large.jpg", "--out", tmp_path / "painted")
    done = subprocess.run([sys.executable, "-c", script, *map(str, words)], capture_output=True, text=True, check=True)
    assert "large.jpg: 12 tiles " in done.stdout and "64 px" in done.stdout
    assert read_picture(tmp_path / "painted" / "large.jpg").shape == (2000, 3000, 3)
    (peak,) = re.findall(r"VmHWM:\s*(\d+) kB", done.stdout)
    assert int(peak) < 350_000, "in one piece it takes three times as much"
