"""python -m convert: files kept, files refused, messages."""

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

from convert import command, metadata
from convert.__main__ import main
from convert.plan import jobs
from convert.plan.jobs import NO_INT8
from train.checkpoint import load, save

pytestmark = pytest.mark.converter

FLOATS = ("model.onnx", "model-float32.tflite", "model-float16.tflite")
ROUNDED = ("model-int8.tflite", "model-int8.onnx")
SIZES = ["413x531", "512x384", "97x61", "256x256", "720x1280"]


def rows(out: Path) -> dict[str, dict[str, Any]]:
    return {row["file"]: row for row in json.loads((out / "converted.json").read_text())["rows"]}


def test_every_target_is_made_checked_and_recorded(converted: Path, checkpoint: Path) -> None:
    found = rows(converted)
    assert set(found) == {*FLOATS, *ROUNDED, "model-dynamic.tflite", "Model.mlpackage", "Model-int8.mlpackage"}
    assert {path.name for path in converted.iterdir()} == {*found, "converted.json"}  # no temporary names
    for name in FLOATS:
        assert found[name]["verdict"] == "passed"
        assert found[name]["psnr"] > 50
        assert found[name]["largest"] <= 2
    assert found["model-float32.tflite"]["psnr"] > 70
    for name in ROUNDED:
        assert found[name]["verdict"] == "passed"
        assert 30 < found[name]["from_float"] < 65  # it is rounded
        assert found[name]["psnr"] > found[name]["from_float"]  # as decided in torch
    for name, row in found.items():
        assert row["bytes"] > 34_000, name
        assert [cell["size"] for cell in row["cells"]] == SIZES


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
    assert (row["verdict"], row["reason"]) == ("not run", NO_INT8)
    assert not (tmp_path / "model-int8.tflite").exists()
    assert "no int8 step" in capsys.readouterr().out


def spoil(monkeypatch: pytest.MonkeyPatch, writer: str) -> None:
    """Files by `jobs.writer` get a wrong bias in their last convolution from now on."""
    real = getattr(jobs, writer)

    def write(graph: GraphModule, *rest: Any, **more: Any) -> None:
        graph = copy.deepcopy(graph)
        with torch.no_grad():
            graph.get_parameter("exit.bias").add_(0.1)
        real(graph, *rest, **more)

    monkeypatch.setattr(jobs, writer, write)


@pytest.mark.parametrize(
    ("target", "writer", "files"),
    [
        ("tflite", "write_tflite", [f"model-{kind}.tflite" for kind in ("float32", "float16", "dynamic", "int8")]),
        ("onnx", "write_onnx", ["model.onnx", "model-int8.onnx"]),
        ("coreml", "write_coreml", ["Model.mlpackage", "Model-int8.mlpackage"]),
    ],
)
def test_broken_weight_is_found_and_no_file_kept(
    tmp_path: Path,
    checkpoint: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    target: str,
    writer: str,
    files: list[str],
) -> None:
    spoil(monkeypatch, writer)
    for name in files:
        (tmp_path / name).write_bytes(b"of another checkpoint")
    flags = ("--from", checkpoint, "--target", target, "--sizes", "128", "--out", tmp_path)  # 97x61 is smaller
    assert exit_code(main, *flags) == 1
    found = rows(tmp_path)
    assert set(found) == set(files)
    for name in files:
        assert found[name]["verdict"] == "failed"
        assert " dB " in found[name]["reason"]
        assert "first to differ: conv2d_9," in found[name]["reason"]
    assert {path.name for path in tmp_path.iterdir()} == {"converted.json"}
    assert files[0] in capsys.readouterr().err


def test_refused_file_can_be_kept_under_another_name(
    tmp_path: Path, checkpoint: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spoil(monkeypatch, "write_onnx")
    flags = ("--target", "onnx", "--sizes", "64", "--keep-failed", "--out", tmp_path)
    assert exit_code(main, "--from", checkpoint, *flags) == 1
    kept = {path.name for path in tmp_path.iterdir()}
    assert kept == {"model.failed.onnx", "model-int8.failed.onnx", "converted.json"}


def test_same_checkpoint_gives_the_same_bytes(tmp_path: Path, converted: Path, checkpoint: Path) -> None:
    assert exit_code(main, "--from", checkpoint, "--sizes", "256", "720x1280", "--out", tmp_path) == 0
    files = {path.relative_to(tmp_path) for path in tmp_path.rglob("*") if path.is_file()} - {Path("converted.json")}
    assert len(files) > 8
    for file in files:
        assert (tmp_path / file).read_bytes() == (converted / file).read_bytes(), file
    # Times are measured anew, and torch itself may round one value of a photo another way the second time.
    mine, theirs = (json.loads((folder / "converted.json").read_text()) for folder in (tmp_path, converted))
    assert mine.keys() == theirs.keys() and mine["speed"]["ms"].keys() == theirs["speed"]["ms"].keys()
    told = ("file", "target", "precision", "bytes", "verdict", "where")
    rows_of = [[[row[name] for name in told] for row in record.pop("rows")] for record in (mine, theirs)]
    assert rows_of[0] == rows_of[1] and mine | {"speed": 0} == theirs | {"speed": 0}


@pytest.mark.parametrize("size", ["0", "-5", "9000", "12x", "x12", "3x4x5", "big", "٣"])
def test_size_that_is_none_is_one_line(tmp_path: Path, size: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_code(main, f"--sizes={size}", "--out", tmp_path) == 2
    assert repr(size) in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


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


@pytest.mark.parametrize("out", ["/proc/x", "file", "file/under"])
def test_folder_that_cannot_be_is_one_line_at_once(
    tmp_path: Path, checkpoint: Path, out: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").touch()
    assert exit_code(main, "--from", checkpoint, "--target", "onnx", "--out", tmp_path / out) == 2
    said = capsys.readouterr().err
    assert said.startswith(f"error: --out: {tmp_path / out}") and said.count("\n") == 1 and "name " in said


def test_web_is_the_int8_file_and_no_other(checkpoint: Path, converted: Path, tmp_path: Path) -> None:
    assert exit_code(main, "--from", checkpoint, "--target", "web", "--sizes", "128", "--out", tmp_path) == 0
    assert {path.name for path in tmp_path.iterdir()} == {"model-int8.tflite", "converted.json"}
    assert rows(tmp_path)["model-int8.tflite"]["verdict"] == "passed"
    assert (tmp_path / "model-int8.tflite").read_bytes() == (converted / "model-int8.tflite").read_bytes()


def test_web_is_the_float_file_where_there_is_no_int8_step(tmp_path: Path) -> None:
    source = save_student(tmp_path / "float.safetensors", with_int8=False)
    assert exit_code(main, "--from", source, "--target", "web", "--sizes", "64", "--out", tmp_path / "out") == 0
    assert set(rows(tmp_path / "out")) == {"model-float32.tflite"}


def test_unknown_target_lists_the_choices(capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_code(main, "--target", "tflite", "openvino") == 2
    assert (
        capsys.readouterr().err
        == "error: --target: 'openvino': unknown; use coreml, tflite, onnx, web, android, ios or all\n"
    )


def test_file_of_another_kind_is_told_which_will_do(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "weights.npz").write_bytes(b"weights")
    assert exit_code(main, "--from", tmp_path / "weights.npz", "--out", tmp_path / "out") == 2
    said = capsys.readouterr().err
    assert "weights.npz: " in said and ".safetensors" in said and ".onnx" in said
    assert not (tmp_path / "out").exists()


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


@pytest.mark.parametrize(
    ("flags", "line"),
    [
        (["--ios", "17", "--target", "onnx", "tflite"], "--ios: 17: goes with --target coreml, which is not among"),
        (["--flexible", "--target", "onnx"], "--flexible: goes with --target coreml, which is not among onnx"),
        (["--range", "0..1", "--target", "onnx"], "--range: 0..1: goes with a network not trained here"),
    ],
)
def test_flag_that_would_change_nothing_is_refused(
    tmp_path: Path, checkpoint: Path, flags: list[str], line: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert exit_code(main, "--from", checkpoint, *flags, "--out", tmp_path) == 2
    said = capsys.readouterr().err
    assert said.startswith(f"error: {line}") and said.count("\n") == 1
    assert not list(tmp_path.iterdir())
