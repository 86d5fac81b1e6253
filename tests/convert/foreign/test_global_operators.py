"""Networks that look at the whole picture are known by their graph, and no artefact paints them by tiles."""

from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from foreign_networks import Rough, Skipping, Translator, save_by_torch, save_painter
from made_files import exit_code
from PIL import Image
from torch import nn
from torch.nn import functional as F

from compress.graph import export_graph
from convert import metadata
from convert.__main__ import main
from convert.foreign.open import open_foreign
from convert.onnx.write import make_onnx
from convert.run import main as run
from convert.runtimes import base
from convert.runtimes.open import open_runtime
from pix2phone.external.convention import Convention
from pix2phone.external.global_operators import global_operator
from train.metrics import psnr
from train.models import build

pytestmark = pytest.mark.converter

UNIT = Convention(input_range="0..1", output_range="0..1")


class Mixing(nn.Module):
    """A convolution, the operator named by `kind`, a convolution."""

    def __init__(self, kind: str) -> None:
        super().__init__()
        self.kind, self.enter, self.leave = kind, nn.Conv2d(3, 8, 4, stride=4), nn.Conv2d(8, 48, 1)
        self.group, self.layer = nn.GroupNorm(2, 8), nn.LayerNorm(8)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        made = F.pixel_shuffle(self.leave(getattr(self, self.kind)(self.enter(image))), 4)
        return (0.5 * image + 0.2 * made).clamp(0, 1)

    def norm(self, x: torch.Tensor) -> torch.Tensor:
        return F.instance_norm(x)

    def groups(self, x: torch.Tensor) -> torch.Tensor:
        return self.group(x)

    def gate(self, x: torch.Tensor) -> torch.Tensor:
        return x * torch.sigmoid(F.adaptive_avg_pool2d(x, 1))

    def mean(self, x: torch.Tensor) -> torch.Tensor:
        return x - x.mean((2, 3), keepdim=True)

    def attention(self, x: torch.Tensor) -> torch.Tensor:
        flat = x.flatten(2)
        return torch.bmm(flat, F.softmax(torch.bmm(flat.transpose(1, 2), flat), -1)).view_as(x)

    def channel_attention(self, x: torch.Tensor) -> torch.Tensor:
        flat = x.flatten(2)
        return torch.bmm(F.softmax(torch.bmm(flat, flat.transpose(1, 2)), -1), flat).view_as(x)

    def soft(self, x: torch.Tensor) -> torch.Tensor:
        return x * F.softmax(x.flatten(2), -1).view_as(x)

    def windows(self, x: torch.Tensor) -> torch.Tensor:
        """Attention within blocks of 2 x 2."""
        n, c, h, w = x.shape
        flat = x.view(n, c, h // 2, 2, w // 2, 2).permute(0, 2, 4, 3, 5, 1).reshape(-1, 4, c)
        made = torch.bmm(F.softmax(torch.bmm(flat, flat.transpose(1, 2)), -1), flat)
        return made.view(n, h // 2, w // 2, 2, 2, c).permute(0, 5, 1, 3, 2, 4).reshape(n, c, h, w)

    def channels(self, x: torch.Tensor) -> torch.Tensor:
        """A norm and a softmax over the channels of each pixel."""
        return F.softmax(self.layer(x.permute(0, 2, 3, 1)), -1).permute(0, 3, 1, 2)

    def pools(self, x: torch.Tensor) -> torch.Tensor:
        return F.max_pool2d(x, 3, 1, 1) + F.avg_pool2d(x, 3, 1, 1)


GLOBAL = {
    "norm": "InstanceNormalization",
    "groups": "InstanceNormalization",
    "gate": "GlobalAveragePool",
    "mean": "ReduceMean",
    "attention": "Softmax",
    "channel_attention": "MatMul",
    "soft": "Softmax",
}
LOCAL = ("windows", "channels", "pools")


def save(path: Path, model: nn.Module, is_free: bool) -> Path:
    free = {2: "height", 3: "width"}
    how = {"input_names": ["x"], "output_names": ["y"], "dynamic_axes": {"x": free, "y": free} if is_free else None}
    torch.manual_seed(0)
    torch.onnx.export(model.eval(), (torch.rand(1, 3, 64, 96),), path, dynamo=False, opset_version=17, **how)
    return path


@pytest.mark.parametrize("is_free", [True, False], ids=["free", "fixed"])
@pytest.mark.parametrize("kind", [*GLOBAL, *LOCAL])
def test_the_operator_that_looks_at_all_is_found(tmp_path: Path, kind: str, is_free: bool) -> None:
    foreign = open_foreign(save(tmp_path / "net.onnx", Mixing(kind), is_free), UNIT)
    network = foreign.network
    assert (network.size is None) == is_free
    assert global_operator(foreign.wrapped, network.multiple, network.size) == GLOBAL.get(kind, "")
    assert foreign.cuts["tiling"] == foreign.reference.tiling == ("global" if kind in GLOBAL else "local")


def test_an_attention_whose_size_is_written_into_it_is_found(tmp_path: Path) -> None:
    model = onnx.load(save(tmp_path / "net.onnx", Mixing("attention"), is_free=False))
    reshapes = [node for node in model.graph.node if node.op_type == "Reshape"]
    assert reshapes, "another size cannot be tried"
    assert global_operator(model, 1, (64, 96)) == "Softmax"


@pytest.mark.parametrize(
    ("kind", "operator"), [(Translator, "InstanceNormalization"), (Skipping, ""), (Rough, "adaptive_avg_pool2d")]
)
def test_torchscript_is_told_too(tmp_path: Path, kind: type[nn.Module], operator: str) -> None:
    metadata = open_foreign(save_by_torch(tmp_path / "net.ts", kind), UNIT).cuts
    assert metadata.get("global_operator", "") == operator
    assert ("reach" in metadata) == (not operator)


@pytest.mark.parametrize("name", ["nano", "unet-resnet18"])
def test_our_families_say_of_themselves_what_their_graphs_do(name: str) -> None:
    model = build(name).eval().fold()
    operator = global_operator(make_onnx(export_graph(model)), model.spec.multiple)
    assert (model.spec.tiling == "global") == bool(operator)


def test_made_files_say_it_and_paint_in_one_piece_or_not_at_all(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    source = save(tmp_path / "net.onnx", Mixing("norm"), is_free=True)
    flags = ("--range", "0..1", "--sizes", "64", "--out", tmp_path / "out", "--target", "onnx", "coreml", "tflite")
    assert exit_code(main, "--from", source, *flags) == 0
    assert "InstanceNormalization" in capsys.readouterr().out
    free, listed = open_runtime(tmp_path / "out" / "model.onnx"), open_runtime(tmp_path / "out" / "Model.mlpackage")
    assert free.tiling == listed.tiling == "global" and not free.sizes and listed.sizes == [(64, 64)]
    written = metadata.read_tflite_metadata(tmp_path / "out" / "model-float32.tflite")
    assert written["tiling"] == "global" and "reach" not in written
    picture = np.random.default_rng(0).integers(0, 256, (100, 140, 3), np.uint8)
    Image.fromarray(picture).save(tmp_path / "photo.png")
    monkeypatch.setattr(base, "WHOLE", 64 * 64)
    assert psnr(free(picture), open_foreign(source, UNIT).reference(picture)) > 60
    assert (
        exit_code(run, tmp_path / "out" / "Model.mlpackage", tmp_path / "photo.png", "--out", tmp_path / "painted") == 2
    )
    line = capsys.readouterr().err
    assert line.count("\n") == 1 and "photo.png" in line and "64x64" in line
    assert exit_code(run, tmp_path / "out" / "model.onnx", tmp_path / "photo.png", "--out", tmp_path / "painted") == 0
    assert "tiles" not in capsys.readouterr().out


def test_a_local_network_is_tiled_as_before(tmp_path: Path) -> None:
    network = open_foreign(save_painter(tmp_path / "net.onnx", "nchw", "0..1", multiple=8), UNIT)
    assert network.cuts["tiling"] == "local" and 0 < network.cuts["reach"] <= 16
    assert network.reference.plan(3000, 3000) is not None
