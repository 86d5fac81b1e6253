"""Every operator that networks may hold, through every target: what a file gives is what torch gives.

A network of one such operator between two convolutions is written, opened in the runtime of its file and compared: in
float with the network, in int8 with its roundings in torch. Core ML is evaluated from the saved package.
"""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from model_tester import wake
from operator_networks import NETWORKS
from torch import nn
from torch.nn import functional as F

from compress.graph import export_graph
from compress.int8.calibrate import calibrate
from compress.int8.quantize import FakeQuantised
from convert.coreml.write import write_coreml
from convert.litert.write import write_tflite
from convert.metadata import write_tflite_metadata
from convert.onnx.write import write_onnx
from convert.operators import where_it_runs
from convert.runtimes.open import open_runtime
from operators import table
from operators.levels import Ranges
from operators.norms import channel_norm
from pix2phone.errors import UserError
from pix2phone.pictures import fit, read_picture
from train.data.photos import builtin
from train.metrics import psnr
from train.models.generator import Generator, painter
from train.models.spec import ModelSpec

pytestmark = pytest.mark.converter

SIZES = ((64, 64), (32, 96))
FLOATS = {"litert": 80.0, "onnx": 80.0, "coreml": 55.0}  # dB; Core ML computes in half floats
ROUNDED = 42.0
LEFT = {  # by XNNPACK: torch's order of channels before a grouped convolution, and products in int8
    "transposed convolution, 2 x 2 in groups": {"GATHER"},
    "Orders": {"GATHER", "RELU"},
    "Pools": {"AVERAGE_POOL_2D"},
}
FACTS = {"multiple": 8, "sizes": SIZES, "versions": {"pix2phone": "test"}}


class Layered(nn.Module):
    """A layer over N x H x W x C, as ConvNeXt has them."""

    def __init__(self, *layers: nn.Module) -> None:
        super().__init__()
        self.layers = nn.Sequential(*layers)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.layers(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)


class Applied(nn.Module):
    """A function as a layer."""

    def __init__(self, function: Callable[[torch.Tensor], torch.Tensor]) -> None:
        super().__init__()
        self.function = function

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.function(x)


CASES: dict[str, Callable[[], nn.Module]] = {
    "relu": nn.ReLU,
    "relu6": lambda: Applied(F.relu6),
    "hardtanh": nn.Hardtanh,
    "leaky_relu": lambda: nn.LeakyReLU(0.2),
    "tanh": nn.Tanh,
    "sigmoid": nn.Sigmoid,
    "batch norm without weights": lambda: nn.BatchNorm2d(8, affine=False),
    "instance norm": lambda: nn.InstanceNorm2d(8, affine=True),
    "instance norm without weights": lambda: nn.InstanceNorm2d(8),
    "instance norm with statistics": lambda: nn.InstanceNorm2d(8, affine=True, track_running_stats=True),
    "group norm": lambda: nn.GroupNorm(2, 8),
    "layer norm of the picture": lambda: nn.GroupNorm(1, 8),
    "layer norm of channels": lambda: Layered(nn.LayerNorm(8)),
    "linear over channels": lambda: Layered(nn.LayerNorm(8), nn.Linear(8, 16), nn.ReLU(), nn.Linear(16, 8)),
    "reflection padding": lambda: nn.Sequential(nn.ReflectionPad2d((3, 3, 2, 2)), nn.Conv2d(8, 8, (5, 7))),
    "replication padding": lambda: nn.Sequential(nn.ReplicationPad2d((1, 1, 2, 2)), nn.Conv2d(8, 8, (5, 3))),
    "zero padding": lambda: nn.Sequential(nn.ZeroPad2d((0, 2, 1, 1)), nn.Conv2d(8, 8, 3)),
    "cropping": lambda: nn.Sequential(nn.Conv2d(8, 8, 3, padding=2), Applied(lambda x: x[:, :, 2:, 1:-1])),
    "transposed convolution, 4 x 4": lambda: _enlarged(nn.ConvTranspose2d(8, 8, 4, 2, 1)),
    "transposed convolution, 3 x 3": lambda: _enlarged(nn.ConvTranspose2d(8, 8, 3, 2, 1, 1)),
    "transposed convolution, 2 x 2 in groups": lambda: _enlarged(nn.ConvTranspose2d(8, 8, 2, 2, groups=2, bias=False)),
    "transposed convolution, stride 1": lambda: nn.ConvTranspose2d(8, 8, 3, padding=1),
    "bilinear upsampling": lambda: _enlarged(nn.Upsample(scale_factor=2, mode="bilinear")),
    "bilinear upsampling by 4": lambda: _enlarged(nn.Upsample(scale_factor=4, mode="bilinear"), 4),
    "nearest upsampling": lambda: _enlarged(nn.Upsample(scale_factor=2)),
    "mean over space": lambda: Applied(lambda x: x * torch.sigmoid(x.mean((2, 3), keepdim=True))),
    "pooling to one place": lambda: Applied(lambda x: x * torch.sigmoid(F.adaptive_avg_pool2d(x, 1))),
}


def _enlarged(layer: nn.Module, factor: int = 2) -> nn.Module:
    return nn.Sequential(nn.Conv2d(8, 8, factor, stride=factor), nn.ReLU(), layer)


class Network(Generator):
    """A layer that keeps 8 x H x W, between two convolutions."""

    def __init__(self, layer: nn.Module) -> None:
        super().__init__()
        self.spec = ModelSpec(multiple=8)
        self.first, self.layer, self.last = nn.Conv2d(3, 8, 3, padding=1), layer, nn.Conv2d(8, 3, 1)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        return (0.5 + 0.2 * self.last(self.layer(self.first(image * 2 - 1)))).clamp(0, 1)


def make(name: str) -> Generator:
    return NETWORKS[name]() if name in NETWORKS else Network(CASES[name]())


def photo(height: int, width: int) -> np.ndarray:
    return read_picture(builtin("held-out")[0])[100 : 100 + height, 200 : 200 + width]


@pytest.fixture(scope="module", params=[*CASES, *NETWORKS])
def made(request: pytest.FixtureRequest) -> tuple[Generator, Generator, Ranges]:
    """A network, itself with the roundings of its int8 files, and their ranges."""
    torch.manual_seed(0)
    model = make(request.param)
    wake(model)
    graph = export_graph(model)
    ranges = calibrate(graph, [fit(read_picture(path), 96) for path in builtin("train")[:4]])
    rounded = FakeQuantised(graph, ranges)
    rounded.graph = graph  # type: ignore[assignment]
    return model, rounded, ranges


def write(target: str, rounded: Generator, ranges: Ranges | None, folder: Path) -> Path:
    graph = rounded.graph
    if target == "litert":
        path = folder / "m.tflite"
        write_tflite(graph, path, "float32" if ranges is None else "int8", ranges)  # type: ignore[arg-type]
        write_tflite_metadata(path, FACTS)
    elif target == "onnx":
        path = folder / "m.onnx"
        write_onnx(graph, path, FACTS, ranges)  # type: ignore[arg-type]
    else:
        path = folder / "m.mlpackage"
        write_coreml(graph, path, FACTS, ranges=ranges, ios=17, sizes=SIZES)  # type: ignore[arg-type]
    return path


@pytest.mark.parametrize("in_int8", [False, True], ids=["float", "int8"])
@pytest.mark.parametrize("target", ["litert", "onnx", "coreml"])
def test_every_target_gives_what_torch_gives(
    made: tuple[Generator, Generator, Ranges],
    target: str,
    in_int8: bool,
    tmp_path: Path,
    request: pytest.FixtureRequest,
) -> None:
    model, rounded, ranges = made
    path = write(target, rounded, ranges if in_int8 else None, tmp_path)
    runtime, wanted = open_runtime(path, threads=1), painter(rounded if in_int8 else model)
    floor = ROUNDED if in_int8 else FLOATS[target]
    assert min(psnr(runtime(photo(*size)), wanted(photo(*size))) for size in SIZES) > floor
    if target == "litert":
        outside = where_it_runs(path).outside
        assert not outside["GPU delegate"]
        assert outside["XNNPACK"].keys() <= LEFT.get(request.node.callspec.params["made"], set())


def test_every_entry_is_run() -> None:
    """As an operator of a network as it is exported, or of the graph that files are written from."""
    seen = set()
    for name in [*CASES, *NETWORKS]:
        model = make(name).eval()
        exported = torch.export.export(model, tuple(model.spec.example(32, 32).values()))
        seen |= {node.target for graph in (exported.graph, export_graph(model).graph) for node in graph.nodes}
    entries = {id(entry): entry for entry in table.OPERATORS.values() if entry.decomposed or entry.tensorflow}
    assert not [entry.targets for entry in entries.values() if not seen & set(entry.targets)]


@pytest.mark.parametrize(
    ("layer", "name"),
    [
        (nn.ConvTranspose2d(8, 8, 3, dilation=2), "conv_transpose2d"),
        (nn.CircularPad2d(1), "pad"),
        (Applied(lambda x: F.linear(x.flatten(2).mT, torch.ones(8, 8)).mT.reshape(x.shape)), "linear"),
        (nn.AdaptiveAvgPool2d(2), "adaptive_avg_pool2d"),
    ],
)
def test_a_use_that_is_not_foreseen_is_named(layer: nn.Module, name: str) -> None:
    with pytest.raises(UserError, match=f"aten.{name}") as caught:
        export_graph(Network(layer))
    assert "\n" not in str(caught.value)


def test_layer_norm_of_channels_has_the_gradients_of_torch() -> None:
    """As `--qat` needs them, which trains on the graph."""
    torch.manual_seed(0)
    norm, x = nn.LayerNorm(8), torch.randn(1, 8, 4, 5, requires_grad=True)
    nn.init.normal_(norm.weight)
    wanted = norm(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)
    found = channel_norm(x, norm.weight, norm.bias, norm.eps)
    given = (x, norm.weight, norm.bias)
    for one, other in zip(*(torch.autograd.grad((y**3).sum(), given) for y in (found, wanted)), strict=True):
        torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-4)
