"""The table of operators: whatever it takes comes out of LiteRT as out of torch, in float and int8, at any size."""

from pathlib import Path

import numpy as np
import pytest
import torch
from ai_edge_litert.interpreter import Interpreter
from model_tester import wake
from torch import nn
from torch.fx import GraphModule
from torch.nn import functional as F

from compress.graph import export_graph
from compress.int8.calibrate import calibrate
from compress.int8.quantize import FakeQuantised, Ranges
from convert.metadata import write_tflite_metadata
from convert.runtimes.open import open_runtime
from convert.tflite import write_tflite
from pix2phone.errors import CheckFailed
from pix2phone.pictures import fit, read_picture
from train.data.photos import builtin
from train.metrics import psnr
from train.models import build
from train.models.contract import Generator, ModelSpec, painter
from train.models.dynamic_unet import Attention


class Network(Generator):
    """Layers given by name; sides are multiples of 8."""

    def __init__(self, **layers: nn.Module) -> None:
        super().__init__()
        self.spec = ModelSpec(multiple=8)
        for name, layer in layers.items():
            self.add_module(name, layer)


class Convolutions(Network):
    """Every kind of convolution, and the arithmetic that becomes part of one."""

    def __init__(self) -> None:
        super().__init__(
            strided=nn.Conv2d(3, 8, 7, stride=2, padding=3),
            norm=nn.BatchNorm2d(8),
            depthwise=nn.Conv2d(8, 8, 3, padding=1, groups=8),
            grouped=nn.Conv2d(8, 12, 3, padding=1, groups=2, bias=False),
            dilated=nn.Conv2d(12, 12, 3, padding=2, dilation=2),
            last=nn.BatchNorm2d(12),
        )
        self.register_buffer("spread", torch.tensor([0.2, 0.3, 0.4]).view(1, 3, 1, 1))

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        x = F.relu(self.norm(self.strided((image - 0.5) / self.spread)))
        x = self.last(F.relu(self.dilated(F.relu(self.grouped(self.depthwise(x))))))
        return (F.pixel_shuffle(x, 2) * 0.1 + 0.5).clamp(0, 1)


class Orders(Network):
    """Channels to be shuffled, joined elementwise and, where no order but torch's will do, by concatenation."""

    def __init__(self) -> None:
        super().__init__(wide=nn.Conv2d(12, 12, 3, padding=1), narrow=nn.Conv2d(24, 12, 1))

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        deep = F.pixel_unshuffle(image, 2)
        shuffled = F.pixel_shuffle(F.relu(torch.cat([deep, self.wide(deep)], dim=1)), 2)
        change = self.narrow(F.pixel_unshuffle(shuffled, 2))
        return F.pixel_shuffle((F.pixel_unshuffle(image, 2) + change).clamp(0, 1), 2)


class Pools(Network):
    """Pooling with and without a border, enlarging, and products and differences of feature maps."""

    def __init__(self) -> None:
        super().__init__(first=nn.Conv2d(3, 8, 3, padding=1), second=nn.Conv2d(8, 8, 1), last=nn.Conv2d(8, 3, 1))

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        x = F.relu(self.first(image))
        great, mean = F.max_pool2d(x, 3, stride=2, padding=1), F.avg_pool2d(self.second(x), 2)
        x = F.interpolate(great * mean - mean, scale_factor=2, mode="nearest")
        return (image + self.last(x)).clamp(0, 1)


class Attentive(Network):
    """Self-attention over all places, which stays in float when the rest is int8."""

    def __init__(self) -> None:
        super().__init__(first=nn.Conv2d(3, 16, 4, stride=4), attention=Attention(16), last=nn.Conv2d(16, 48, 1))

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        x = self.attention(F.relu(self.first(image)))
        return F.pixel_shuffle(self.last(x), 4).clamp(0, 1)


NETWORKS = {network.__name__: network for network in (Convolutions, Orders, Pools, Attentive)}


@pytest.fixture(scope="module", params=NETWORKS)
def network(request: pytest.FixtureRequest) -> tuple[Generator, GraphModule, Ranges]:
    torch.manual_seed(0)
    model = NETWORKS[request.param]()
    wake(model)
    graph = export_graph(model)
    return model, graph, calibrate(graph, [fit(read_picture(path), 96) for path in builtin("train")[:4]])


def photo(height: int, width: int) -> np.ndarray:
    return read_picture(builtin("held-out")[0])[100 : 100 + height, 200 : 200 + width]


def compare(path: Path, reference: Generator, sizes: tuple[tuple[int, int], ...]) -> float:
    """The least PSNR in dB of the file at `path` against `reference`."""
    write_tflite_metadata(path, {"multiple": reference.spec.multiple})
    runtime, wanted = open_runtime(path, threads=1), painter(reference)
    return min(psnr(runtime(photo(*size)), wanted(photo(*size))) for size in sizes)


@pytest.mark.parametrize(("precision", "floor"), [("float32", 80.0), ("int8", 45.0)])
def test_operators(
    network: tuple[Generator, GraphModule, Ranges], precision: str, floor: float, tmp_path: Path
) -> None:
    model, graph, ranges = network
    write_tflite(graph, tmp_path / "model.tflite", precision, ranges)  # type: ignore[arg-type]
    reference = FakeQuantised(graph, ranges) if precision == "int8" else model
    assert compare(tmp_path / "model.tflite", reference, ((64, 64), (32, 96))) > floor


def test_the_dynamic_unet(tmp_path: Path) -> None:
    torch.manual_seed(0)
    model = build("unet-resnet18").eval()
    graph = export_graph(model.fold())
    ranges = calibrate(graph, [fit(read_picture(path), 96) for path in builtin("train")[:2]])
    for precision, reference, floor in (("float32", model, 80.0), ("int8", FakeQuantised(graph, ranges), 30.0)):
        path = tmp_path / f"{precision}.tflite"
        write_tflite(graph, path, precision, ranges)  # type: ignore[arg-type]
        assert compare(path, reference, ((64, 96), (96, 64))) > floor, precision
    tensors = Interpreter(str(tmp_path / "int8.tflite")).get_tensor_details()
    in_float = sum(tensor["dtype"] is np.float32 for tensor in tensors)
    assert 0 < in_float < 15, "only attention is computed in float"


class Bordered(Network):
    """A border of zeros would be greater than the values round it."""

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        return F.max_pool2d(image - 1, 3, stride=1, padding=1) + 1


class Flipped(Network):
    """Turns the picture on its side, which the table does not foresee."""

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        return image.transpose(2, 3)


@pytest.mark.parametrize(("model", "words"), [(Bordered(), "max_pool2d.*border"), (Flipped(), "transpose.*flattened")])
def test_what_would_come_out_differently_is_refused(model: Generator, words: str, tmp_path: Path) -> None:
    with pytest.raises(CheckFailed, match=words):
        write_tflite(export_graph(model), tmp_path / "model.tflite", "float32")
    assert not list(tmp_path.iterdir())
