"""A palettised student as a Core ML package: the saved tables equal those decided in torch, and it is small."""

from dataclasses import replace
from pathlib import Path

import coremltools as ct
import numpy as np
import pytest
from coremltools.converters.mil.frontend.milproto.load import load as load_program
from made_files import save_student

from compress.graph import constant, export_graph
from compress.int8.quantize import CONVOLUTIONS
from compress.load import Compressed, load
from compress.rounded import choose_palettes, stored_bytes
from convert.coreml.write import write_coreml
from operators.entry import arguments
from pix2phone.console import muted

pytestmark = pytest.mark.converter

FACTS = {"model": "small", "versions": {"pix2phone": "0"}}


def written(network: Compressed, path: Path) -> Path:
    with muted():
        write_coreml(export_graph(network.folded), path, FACTS, palette_bits=network.palette_bits)
    return path


def kernels_of(path: Path) -> list[tuple[str, np.ndarray]]:
    """The operator that gives each convolution's kernel in the saved package, and the kernel, in the order of use."""
    spec = ct.models.MLModel(str(path), skip_model_load=True).get_spec()
    weights = path / "Data" / "com.apple.CoreML" / "weights"
    program = load_program(spec, specification_version=spec.specificationVersion, file_weights_dir=str(weights))
    (function,) = program.functions.values()
    return [
        (operator.weight.op.op_type, np.asarray(operator.weight.op.materialized_val_inference()))
        if operator.weight.op.op_type.startswith("constexpr")
        else (operator.weight.op.op_type, operator.weight.val)
        for operator in function.operations
        if operator.op_type == "conv"
    ]


def torch_kernels(network: Compressed) -> list[np.ndarray]:
    graph = export_graph(network.folded)
    convolutions = [node for node in graph.graph.nodes if node.target in CONVOLUTIONS]
    return [constant(graph, arguments(node)["weight"]).numpy() for node in convolutions]


@pytest.fixture(scope="module")
def float16(tmp_path_factory: pytest.TempPathFactory) -> tuple[Compressed, Path]:
    folder = tmp_path_factory.mktemp("float16")
    student = load(save_student(folder / "student.safetensors", with_int8=False))
    network = Compressed(student.model, replace(student.card, history=[{"fp16": {}}]))
    return network, written(network, folder / "Model.mlpackage")


def weight_bytes(path: Path) -> int:
    return (path / "Data" / "com.apple.CoreML" / "weights" / "weight.bin").stat().st_size


def test_package_after_fp16_holds_torch_s_weights(float16: tuple[Compressed, Path]) -> None:
    network, path = float16
    found = kernels_of(path)
    assert [kind for kind, _ in found] == ["const"] * len(found)
    for (_, kernel), wanted in zip(found, torch_kernels(network), strict=True):
        assert kernel.dtype == np.float16
        np.testing.assert_array_equal(kernel.astype(np.float32), wanted)


@pytest.mark.parametrize("bits", [4, 6])
def test_tables_hold_torch_s_palettes(bits: int, float16: tuple[Compressed, Path], tmp_path: Path) -> None:
    plain, large = float16
    graph = export_graph(plain.folded)
    palettes = choose_palettes(graph, bits)
    history = [{"palettize": {"bits": bits, "palettes": palettes}}]
    network = Compressed(plain.model, replace(plain.card, history=history))
    path = written(network, tmp_path / "Model.mlpackage")
    found = kernels_of(path)
    assert [kind for kind, _ in found] == ["constexpr_lut_to_dense"] * len(found)
    ends = (0, len(found) - 1)
    for place, ((_, kernel), wanted) in enumerate(zip(found, torch_kernels(network), strict=True)):
        assert len(np.unique(kernel)) == 2 ** (6 if place in ends else bits)
        np.testing.assert_array_equal(kernel.astype(np.float32), wanted)
    assert weight_bytes(path) < (bits + 1) / 16 * weight_bytes(large)
    # Each convolution has three tensors, each behind a header of 64 bytes and up to 64 to the next multiple of that.
    stored = stored_bytes(graph, palettes, bits)
    assert stored < weight_bytes(path) < stored + 3 * 128 * len(found)
    spec = ct.models.MLModel(str(path), skip_model_load=True).get_spec()
    assert ct.target.iOS16 == spec.specificationVersion
