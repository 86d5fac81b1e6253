"""Core ML packages evaluated from their files: every family as in torch, and a changed weight found."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from coreml_files import SIZES, photo, tiny_student, weight_file, written
from made_files import exit_code
from model_tester import wake
from torch import nn
from torch.fx import GraphModule, Interpreter, Node
from torch.nn import functional as F

import train.models.dynamic_unet
from compress.graph import export_graph
from compress.int8.quantize import CONVOLUTIONS
from convert import run
from convert.runtimes.base import NotRun, pad
from convert.runtimes.coreml_package import EvaluatedRuntime
from convert.runtimes.mil.program import Program
from convert.runtimes.open import open_runtime
from pix2phone.errors import UserError
from pix2phone.pictures import read_picture, write_picture
from train.metrics import psnr
from train.models.dynamic_unet import Attention, DynamicUnet
from train.models.generator import Generator, painter
from train.models.spec import ModelSpec

pytestmark = pytest.mark.converter


class TinyEncoder(nn.Module):
    """A feature map at every halving of the picture, as the ResNets give them."""

    channels = (8, 8, 16, 16, 32)

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, 8, 7, 2, 3, bias=False), nn.BatchNorm2d(8), nn.ReLU())
        self.pool = nn.MaxPool2d(3, 2, 1)
        ends = [(8, 8, 1), (8, 16, 2), (16, 16, 2), (16, 32, 2)]
        self.stages = nn.ModuleList(nn.Sequential(nn.Conv2d(a, b, 3, s, 1), nn.ReLU()) for a, b, s in ends)

    def forward(self, image: torch.Tensor) -> list[torch.Tensor]:
        features = [self.stem(image)]
        x = self.pool(features[0])
        for stage in self.stages:
            x = stage(x)
            features.append(x)
        return features


class Pools(Generator):
    """Pooling, enlarging and attention beside each other, which no family has all of."""

    def __init__(self) -> None:
        super().__init__()
        self.spec = ModelSpec(multiple=4)
        self.first, self.deep = nn.Conv2d(3, 8, 3, padding=1), nn.Conv2d(8, 8, 3, padding=1, groups=8)
        self.attention, self.last = Attention(8), nn.Conv2d(16, 12, 1)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        x = F.relu(self.first(image))
        small = F.max_pool2d(x, 3, stride=2, padding=1) * F.avg_pool2d(self.deep(x), 2)
        wide = F.interpolate(self.attention(F.max_pool2d(small, 2)), scale_factor=2.0)
        return F.pixel_shuffle(self.last(torch.cat([small, wide], dim=1)), 2).clamp(0, 1)


def tiny_unet(monkeypatch: pytest.MonkeyPatch) -> DynamicUnet:
    torch.manual_seed(1)
    monkeypatch.setattr(train.models.dynamic_unet, "make_encoder", lambda *_: TinyEncoder())
    model = DynamicUnet("tiny")
    wake(model)
    return model.fold()  # type: ignore[return-value]


def tiny_pools(monkeypatch: pytest.MonkeyPatch) -> Pools:
    torch.manual_seed(1)
    model = Pools()
    wake(model)
    return model


FAMILIES: dict[str, Callable[[pytest.MonkeyPatch], Generator]] = {
    "student": lambda _: tiny_student(),
    "dynamic U-Net": tiny_unet,
    "pools": tiny_pools,
}


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return written(export_graph(tiny_student()), tmp_path_factory.mktemp("package") / "Model.mlpackage", sizes=SIZES)


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("flexible", [False, True])
def test_every_family_paints_as_in_torch_at_any_size(
    family: str, flexible: bool, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    model = FAMILIES[family](monkeypatch)
    runtime = open_runtime(written(export_graph(model), tmp_path / "M.mlpackage", sizes=SIZES, flexible=flexible), 1)
    for size in ((64, 96), (96, 64), (50, 90)):
        picture = pad(photo(*size), *runtime.padded(*size))  # with the same border in torch
        assert psnr(runtime(picture), painter(model)(picture)) > 50, size


def test_it_is_told_apart_from_core_ml(package: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    runtime = open_runtime(package)
    assert (runtime.verdict, runtime.multiple) == ("passed (evaluated)", 4)
    write_picture(tmp_path / "photo.png", photo(45, 67))
    assert exit_code(run.main, package, tmp_path / "photo.png", "--out", tmp_path / "out") == 0
    assert "not run" in capsys.readouterr().out
    assert read_picture(tmp_path / "out" / "photo.png").shape == (45, 67, 3)


def channels_last(value: torch.Tensor) -> np.ndarray:
    return np.moveaxis(value[0].numpy().reshape(value.shape[1], -1, value.shape[-1]), 0, 2)


class Convolutions(Interpreter):
    """The output of each convolution of a graph, in order."""

    def __init__(self, graph: GraphModule) -> None:
        super().__init__(graph)
        self.seen: list[np.ndarray] = []

    def run_node(self, n: Node) -> Any:
        value = super().run_node(n)
        if n.target in CONVOLUTIONS:
            self.seen.append(channels_last(value))
        return value


@pytest.mark.parametrize("family", FAMILIES)
def test_convolutions_are_those_of_torch_in_order(family: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    graph, picture = export_graph(FAMILIES[family](monkeypatch)), photo(64, 96)
    wanted = Convolutions(graph)
    with torch.inference_mode():
        wanted.run(torch.from_numpy(picture).permute(2, 0, 1)[None].float() / 255)
    runtime = open_runtime(written(graph, tmp_path / "M.mlpackage", sizes=SIZES))
    assert isinstance(runtime, EvaluatedRuntime)
    found = runtime.convolutions(picture)
    assert len({name for name, _ in found}) == len(wanted.seen)
    for (name, here), there in zip(found, wanted.seen, strict=True):
        assert here.dtype == np.float32
        np.testing.assert_allclose(here, there, atol=0.01 * np.abs(there).max(), err_msg=name)


def test_a_weight_changed_in_the_file_changes_its_layer_and_those_after(package: Path, tmp_path: Path) -> None:
    broken = tmp_path / "Broken.mlpackage"
    shutil.copytree(package, broken)
    kernel = [operation.weight.val for operation, _ in Program(package).steps if operation.op_type == "conv"][2]
    content = weight_file(broken).read_bytes()
    assert content.count(kernel.tobytes()) == 1
    weight_file(broken).write_bytes(content.replace(kernel.tobytes(), (kernel * 2).tobytes()))
    sound, changed = (open_runtime(path).convolutions(photo(64, 96)) for path in (package, broken))  # type: ignore[attr-defined]
    differ = [not np.array_equal(one[1], other[1]) for one, other in zip(sound, changed, strict=True)]
    assert differ == [False, False, True, True, True, True, True]


def test_cut_weights_are_named(package: Path, tmp_path: Path) -> None:
    broken = tmp_path / "Broken.mlpackage"
    shutil.copytree(package, broken)
    content = weight_file(broken).read_bytes()
    weight_file(broken).write_bytes(content[:-10])
    with pytest.raises(UserError, match=r"Broken\.mlpackage: .*weights/weight\.bin"):
        open_runtime(broken)


def test_broken_package_is_one_line(package: Path, tmp_path: Path) -> None:
    broken = tmp_path / "Broken.mlpackage"
    shutil.copytree(package, broken)
    (broken / "Data" / "com.apple.CoreML" / "model.mlmodel").write_bytes(b"no model")
    with pytest.raises(UserError, match="Broken.mlpackage") as refused:
        open_runtime(broken)
    assert "\n" not in str(refused.value) and not isinstance(refused.value, NotRun)
