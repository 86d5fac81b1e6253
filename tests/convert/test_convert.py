"""python -m convert: what it keeps, what it refuses, what it says."""

import copy
import hashlib
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import coremltools
import onnx
import pytest
import torch
from made_files import exit_code, save_student
from torch.fx import GraphModule

from compress.int8.quantize import Ranges
from convert import command, metadata
from convert.__main__ import main
from convert.tflite import Precision
from train.checkpoint import load, save

FLOATS = ("model.onnx", "model-float32.tflite", "model-float16.tflite")


def rows(out: Path) -> dict[str, dict[str, Any]]:
    return {row["file"]: row for row in json.loads((out / "converted.json").read_text())["rows"]}


def test_every_target_is_made_checked_and_recorded(converted: Path, checkpoint: Path) -> None:
    found = rows(converted)
    assert set(found) == {*FLOATS, "model-int8.tflite", "Model.mlpackage"}
    assert {path.name for path in converted.iterdir()} == {*found, "converted.json"}  # no temporary names
    for name in FLOATS:
        assert found[name]["verdict"] == "passed"
        assert found[name]["psnr"] > 50
    assert found["model-float32.tflite"]["psnr"] > 70
    assert found["model-int8.tflite"]["verdict"] == "passed"
    assert 30 < found["model-int8.tflite"]["psnr"] < 60
    for name, row in found.items():
        assert row["bytes"] > 50_000, name
        if row["verdict"] == "passed":
            assert row["photos"] >= 4 and "413x531" in row["sizes"]


def test_record_names_the_checkpoint_and_the_versions(converted: Path, checkpoint: Path) -> None:
    record = json.loads((converted / "converted.json").read_text())
    assert record["sha256"] == hashlib.sha256(checkpoint.read_bytes()).hexdigest()
    assert record["model"] == "small"
    assert record["versions"]["torch"] == torch.__version__.split("+")[0]
    assert metadata.read_tflite_metadata(converted / "model-int8.tflite")["sha256"] == record["sha256"]


def test_core_ml_package_is_checked_too(converted: Path) -> None:
    row = rows(converted)["Model.mlpackage"]
    assert row["verdict"].startswith("passed")
    assert row["psnr"] > 50


def test_core_ml_package_takes_and_gives_images(converted: Path) -> None:
    model = coremltools.models.MLModel(str(converted / "Model.mlpackage"), skip_model_load=True)
    image = model.get_spec().description.input[0].type.imageType
    assert image.colorSpace == image.RGB
    assert (720, 1280) in {(size.height, size.width) for size in image.enumeratedSizes.sizes}
    assert json.loads(model.user_defined_metadata["pix2phone"])["multiple"] == 4
    assert coremltools.target.iOS16 == model.get_spec().specificationVersion


def test_onnx_file_is_plain_opset_18_with_free_sides(converted: Path) -> None:
    model = onnx.load(converted / "model.onnx")
    onnx.checker.check_model(model, full_check=True)
    assert [opset.version for opset in model.opset_import if opset.domain == ""] == [18]
    assert all(dim.dim_param for place, dim in enumerate(model.graph.input[0].type.tensor_type.shape.dim) if place != 1)
    assert b"/convert/" not in model.SerializeToString()  # the exporter's stack traces


def test_checkpoint_without_int8_gives_a_row_and_no_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "model-int8.tflite").write_bytes(b"of another checkpoint")
    source = save_student(tmp_path / "float.safetensors", with_int8=False)
    assert exit_code(main, "--from", source, "--target", "tflite", "--out", tmp_path) == 0
    row = rows(tmp_path)["model-int8.tflite"]
    assert (row["verdict"], row["reason"]) == ("not run", "no int8 step: python -m compress --int8")
    assert not (tmp_path / "model-int8.tflite").exists()
    assert "no int8 step" in capsys.readouterr().out


def test_broken_file_is_refused_and_the_others_kept(
    tmp_path: Path, checkpoint: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    real = command.write_tflite

    def spoil(graph: GraphModule, path: Path, precision: Precision, ranges: Ranges | None) -> None:
        graph = copy.deepcopy(graph)
        if precision == "float32":
            with torch.no_grad():
                graph.get_parameter("exit.bias").add_(0.1)
        real(graph, path, precision, ranges)

    monkeypatch.setattr(command, "write_tflite", spoil)
    (tmp_path / "model-float32.tflite").write_bytes(b"of another checkpoint")
    assert exit_code(main, "--from", checkpoint, "--target", "tflite", "--out", tmp_path) == 1
    assert rows(tmp_path)["model-float32.tflite"]["verdict"] == "failed"
    assert "below 40" in rows(tmp_path)["model-float32.tflite"]["reason"]
    assert {path.name for path in tmp_path.iterdir()} == {
        "model-float16.tflite",
        "model-int8.tflite",
        "converted.json",
    }
    assert "model-float32.tflite" in capsys.readouterr().err


def test_checkpoint_of_nan_leaves_nothing(tmp_path: Path, checkpoint: Path) -> None:
    model, card = load(checkpoint)
    with torch.no_grad():
        model.get_parameter("exit.bias")[3] = float("nan")
    save(tmp_path / "nan.safetensors", model, card)
    out = tmp_path / "out"
    assert exit_code(main, "--from", tmp_path / "nan.safetensors", "--target", "tflite", "coreml", "--out", out) == 1
    assert {path.name for path in out.iterdir()} == {"converted.json"}
    assert {row["verdict"] for row in rows(out).values()} == {"failed"}


def test_rows_of_the_same_checkpoint_stay_and_others_go(tmp_path: Path) -> None:
    path = tmp_path / "converted.json"
    command._record(path, {"sha256": "a"}, [{"file": "model.onnx", "psnr": 1}, {"file": "Model.mlpackage"}])
    command._record(path, {"sha256": "a"}, [{"file": "model.onnx", "psnr": 2}])
    assert rows(tmp_path)["model.onnx"]["psnr"] == 2
    assert set(rows(tmp_path)) == {"Model.mlpackage", "model.onnx"}
    command._record(path, {"sha256": "b"}, [{"file": "model.onnx"}])
    assert set(rows(tmp_path)) == {"model.onnx"}


def test_unknown_target_lists_the_choices(capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_code(main, "--target", "tflite", "openvino") == 2
    assert capsys.readouterr().err == "error: --target: 'openvino': unknown; use coreml, tflite, onnx or all\n"


def test_missing_checkpoint_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_code(main, "--from", tmp_path / "none.safetensors", "--out", tmp_path) == 2
    assert capsys.readouterr().err.count("\n") == 1
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("module", ["convert", "convert.run"])
def test_help_loads_no_heavy_library(module: str) -> None:
    script = (
        "import runpy, sys\n"
        "sys.argv = ['command', '--help']\n"
        "try:\n"
        f"    runpy.run_module({module!r}, run_name='__main__')\n"
        "except SystemExit:\n"
        "    print(*{'numpy', 'torch', 'tensorflow', 'PIL', 'rich'} & set(sys.modules), file=sys.stderr)\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60)
    assert "usage:" in done.stdout
    assert done.stderr.split() == []
