"""Graphs written into LiteRT: the dynamic U-Net comes out as in torch; what would come out otherwise is refused."""

from pathlib import Path

import numpy as np
import pytest
import torch
from ai_edge_litert.interpreter import Interpreter
from operator_networks import Bordered, Network

from compress.graph import export_graph
from compress.int8.calibrate import calibrate
from compress.int8.quantize import FakeQuantised
from convert.litert.write import write_tflite
from convert.metadata import write_tflite_metadata
from convert.runtimes.open import open_runtime
from pix2phone.errors import CheckFailed
from pix2phone.pictures import fit, read_picture
from train.data.photos import builtin
from train.metrics import psnr
from train.models import build
from train.models.generator import Generator, painter

pytestmark = pytest.mark.converter


def photo(height: int, width: int) -> np.ndarray:
    return read_picture(builtin("held-out")[0])[100 : 100 + height, 200 : 200 + width]


def compare(path: Path, reference: Generator, sizes: tuple[tuple[int, int], ...]) -> float:
    """The least PSNR in dB of the file at `path` against `reference`."""
    write_tflite_metadata(path, {"multiple": reference.spec.multiple})
    runtime, wanted = open_runtime(path, threads=1), painter(reference)
    return min(psnr(runtime(photo(*size)), wanted(photo(*size))) for size in sizes)


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


class Flipped(Network):
    """Turns the picture on its side, which the table does not foresee."""

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        return image.transpose(2, 3)


@pytest.mark.parametrize(("model", "words"), [(Bordered(), "max_pool2d.*border"), (Flipped(), "transpose.*flattened")])
def test_what_would_come_out_differently_is_refused(model: Generator, words: str, tmp_path: Path) -> None:
    with pytest.raises(CheckFailed, match=words):
        write_tflite(export_graph(model), tmp_path / "model.tflite", "float32")
    assert not list(tmp_path.iterdir())
