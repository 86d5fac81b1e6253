"""A layer that a converter got wrong in a network not trained here is found and named."""

from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from foreign_networks import save_torchscript
from onnx import numpy_helper

from convert.foreign import coreml, litert
from convert.foreign.layers import ForeignLocator
from convert.foreign.litert import LiteRTFiles
from convert.foreign.open import Foreign, open_foreign
from convert.plan.options import ConvertOptions
from convert.runtimes.open import open_runtime
from pix2phone.external import torch_module
from pix2phone.external.convention import Convention
from pix2phone.external.wrap import plain

pytestmark = pytest.mark.converter

PICTURE = np.random.default_rng(0).integers(0, 256, (64, 96, 3), np.uint8)
FACTS = {"multiple": 2, "versions": {"pix2phone": "0"}}


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> Foreign:
    path = tmp_path_factory.mktemp("network") / "net.ts"
    return open_foreign(save_torchscript(path), Convention(input_range="-1..1", output_range="-1..1"))


def spoilt(model: onnx.ModelProto, size: tuple[int, int] | None) -> onnx.ModelProto:
    """`plain`, with a wrong weight in the second convolution."""
    made = plain(model, size)
    second = [node for node in made.graph.node if node.op_type == "Conv"][1]
    kernel = next(tensor for tensor in made.graph.initializer if tensor.name == second.input[1])
    values = numpy_helper.to_array(kernel).copy()
    values[0] *= -1
    kernel.CopyFrom(numpy_helper.from_array(values, kernel.name))
    return made


@pytest.mark.parametrize("broken", [False, True])
@pytest.mark.parametrize("target", ["coreml", "litert"])
def test_wrong_weight_is_found(
    network: Foreign, target: str, broken: bool, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    if broken:
        monkeypatch.setattr(torch_module if target == "coreml" else litert, "plain", spoilt)
    if target == "coreml":
        path = tmp_path / "Model.mlpackage"
        monkeypatch.setattr(coreml, "straight", coreml.by_onnx)
        coreml.write_package(network, FACTS, ConvertOptions(["coreml"], [(64, 96)]), path)
    else:
        path = tmp_path / "model.tflite"
        monkeypatch.setattr(LiteRTFiles, "_free", lambda self: None)
        LiteRTFiles(network, (64, 96)).write("float32", FACTS, path)
    said = ForeignLocator(network)(open_runtime(path), PICTURE)
    names = [node.output[0] for node in plain(network.wrapped, None).graph.node if node.op_type == "Conv"]
    assert len(names) == 2
    assert f"first to differ: {names[1]}, " in said if broken else "first to differ" not in said
    assert not broken or "(before it " in said


def test_straight_torchscript_package_is_comparable_too(network: Foreign, tmp_path: Path) -> None:
    coreml.write_package(network, FACTS, ConvertOptions(["coreml"], [(64, 96)]), tmp_path / "Model.mlpackage")
    assert "first to differ" not in ForeignLocator(network)(open_runtime(tmp_path / "Model.mlpackage"), PICTURE)
    assert isinstance(coreml.straight(network), torch.nn.Module)
