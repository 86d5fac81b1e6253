"""No target writes a network with a second picture as if that were the first one."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from torch.fx import GraphModule
from two_inputs import masked_graph, refusal

from convert.coreml.write import write_coreml
from convert.litert.tf_network import Network as TensorFlowNetwork
from convert.litert.write import write_tflite
from convert.onnx.network import Network as OnnxNetwork
from convert.onnx.write import make_onnx, write_onnx

FACTS: dict[str, Any] = {"multiple": 4, "versions": {"pix2phone": "0"}}
Writer = Callable[[GraphModule, Path], object]


@pytest.mark.parametrize(
    "write",
    [
        lambda graph, path: write_tflite(graph, path, "float32"),
        lambda graph, path: write_tflite(graph, path, "int8", {}),
        lambda graph, path: TensorFlowNetwork(graph, {}),
        lambda graph, path: write_onnx(graph, path, FACTS),
        lambda graph, path: write_onnx(graph, path, FACTS, {}),
        lambda graph, path: make_onnx(graph),
        lambda graph, path: OnnxNetwork(graph, {}),
        lambda graph, path: write_coreml(graph, path, FACTS),
        lambda graph, path: write_coreml(graph, path, FACTS, ranges={}, ios=17),
    ],
)
def test_the_second_input_is_named_and_nothing_is_written(
    write: Writer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "mask" in refusal(lambda: write(masked_graph(), tmp_path / "made"), capsys)
    assert not list(tmp_path.iterdir())
