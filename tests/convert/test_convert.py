"""python -m convert: what it keeps, what it refuses, what it says."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
import torch
from convert import command, metadata
from convert.__main__ import main
from train.checkpoint import Card, load, save
from train.models import build

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
    import hashlib

    record = json.loads((converted / "converted.json").read_text())
    assert record["sha256"] == hashlib.sha256(checkpoint.read_bytes()).hexdigest()
    assert record["model"] == "small"
    assert record["versions"]["torch"] == torch.__version__.split("+")[0]
    assert metadata.read_tflite_metadata(converted / "model-int8.tflite")["sha256"] == record["sha256"]


@pytest.mark.skipif(sys.platform == "darwin", reason="there it runs")
def test_core_ml_says_that_it_was_not_run(converted: Path) -> None:
    row = rows(converted)["Model.mlpackage"]
    assert (row["verdict"], row["reason"]) == ("not run", "Core ML predicts only on macOS")
    assert row["psnr"] is None


def test_core_ml_package_takes_and_gives_images(converted: Path) -> None:
    import coremltools

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
    ...
