"""Networks that were not trained here go through the whole command."""

import io
import json
from pathlib import Path

import onnx
import pytest
import torch
from foreign_networks import Rough, Skipping, Translator, save_by_torch, save_painter
from made_files import exit_code

from convert.__main__ import main
from convert.foreign.onnx2tf import _follow
from convert.runtimes.open import open_runtime

pytestmark = pytest.mark.converter


def convert(source: Path, out: Path, *flags: str) -> dict[str, dict]:
    """The row of each file."""
    exit_code(main, "--from", source, "--out", out, *flags)
    return {row["file"]: row for row in json.loads((out / "converted.json").read_text())["rows"]}


@pytest.mark.parametrize("file", ["translator.onnx", "translator.ts"])
def test_translator_becomes_every_file(tmp_path: Path, file: str, capsys: pytest.CaptureFixture[str]) -> None:
    flags = ("--target", "all", "--sizes", "64", "96x128", "--range", "-1..1")  # its random weights do not show it
    rows = convert(save_by_torch(tmp_path / file, Translator), tmp_path / "out", *flags)
    assert {name: row["verdict"] for name, row in rows.items()} == {
        "Model.mlpackage": "passed (evaluated)",
        "model.onnx": "passed",
        "model-float32.tflite": "passed",
        "model-float16.tflite": "passed",
        "model-dynamic.tflite": "passed",
    }
    assert open_runtime(tmp_path / "out" / "Model.mlpackage").sizes == [(64, 64), (96, 128)]
    assert open_runtime(tmp_path / "out" / "model-float32.tflite").sizes == [(64, 64)]
    line = "LiteRT: onnx2tf cannot leave the size open; made for 64x64 alone, larger pictures are refused"
    assert capsys.readouterr().out.count(line) == 1, "all LiteRT files are made at once"


def test_package_that_cannot_have_several_sizes_has_the_default(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    torch.jit.trace(Rough(), torch.zeros(1, 3, 64, 64)).save(str(tmp_path / "rough.ts"))
    flags = ("--target", "coreml", "--range", "0..1", "--sizes", "96x128", "64")
    row = convert(tmp_path / "rough.ts", tmp_path, *flags)["Model.mlpackage"]
    assert row["verdict"] == "passed (evaluated)"
    assert [cell["size"] for cell in row["cells"]] == ["96x128"]
    assert open_runtime(tmp_path / "Model.mlpackage").sizes == [(96, 128)]
    (line,) = (line for line in capsys.readouterr().out.splitlines() if "Core ML: it" in line)
    assert "96x128" in line


def test_a_network_that_resizes_to_the_sides_of_a_skip_comes_to_an_end(tmp_path: Path) -> None:
    source = save_by_torch(tmp_path / "skip.onnx", Skipping)  # onnx2tf would go on for ever while its sides are free
    rows = convert(source, tmp_path / "out", "--target", "tflite", "onnx", "--sizes", "64")
    assert {row["verdict"] for row in rows.values()} == {"passed"}
    assert open_runtime(tmp_path / "out" / "model-float32.tflite").sizes == [(64, 64)]


@pytest.mark.parametrize(
    ("lines", "found"),
    [
        (["onnx_op_type: Conv onnx_op_name: c", "ValueError: too small", "Call arguments:", "name=None"], "too small"),
        (["onnx_op_type: Conv onnx_op_name: c", "KeyError: 1", "AttributeError: no shape", ""], "no shape"),
        (["onnx_op_type: Conv onnx_op_name: c", "Killed", ""], "Killed"),
    ],
)
def test_what_onnx2tf_stopped_at_is_its_error(lines: list[str], found: str) -> None:
    operator, why = _follow(lines, io.StringIO())
    assert operator == "Conv" and why.endswith(found)


def test_weights_in_a_file_of_their_own_are_read_and_part_of_what_it_was_made_of(tmp_path: Path) -> None:
    model = onnx.load(save_painter(tmp_path / "net.onnx", "nchw", "0..1"))
    onnx.save(model, tmp_path / "net.onnx", save_as_external_data=True, location="net.data", size_threshold=64)
    made = []
    for _ in range(2):
        rows = convert(tmp_path / "net.onnx", tmp_path / "out", "--target", "onnx", "--sizes", "64", "--range", "0..1")
        assert {row["verdict"] for row in rows.values()} == {"passed"}
        made.append(json.loads((tmp_path / "out" / "converted.json").read_text())["sha256"])
        content = bytearray((tmp_path / "net.data").read_bytes())
        content[0] ^= 1  # the last bit of the first weight
        (tmp_path / "net.data").write_bytes(content)
    assert made[0] != made[1]
