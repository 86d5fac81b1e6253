"""python -m benchmarks --device web: real Chromium, a tiny plan, the schema that everybody writes."""

import json
from pathlib import Path

import pytest
from made_files import exit_code, save_student

from benchmarks.__main__ import main
from benchmarks.schema import read_run
from compress.load import load
from convert.plan.jobs import Networks, list_jobs
from convert.plan.model_card import Author, gather_metadata
from convert.plan.options import ConvertOptions

pytestmark = pytest.mark.browser


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """With one file that a student was made into."""
    source = save_student(tmp_path / "student.safetensors", with_int8=True)
    compressed = load(source)
    (job,) = list_jobs(Networks(compressed), gather_metadata(source, compressed, Author()), ConvertOptions(["web"]))
    assert job.write
    (tmp_path / "made").mkdir()
    job.write(tmp_path / "made" / job.file)
    return tmp_path / "made"


def test_each_backend_is_a_row(folder: Path) -> None:
    flags = ("--device", "web", "--iterations", "3", "--sizes", "64", "--from", folder)
    assert exit_code(main, *flags) == 0
    run = read_run(folder / "web.json")
    assert run.by == "web" and {"Chromium", "LiteRT.js"} <= set(run.versions)
    assert (run.hardware.instructions or [""])[0] == "simd128" and run.hardware.dot_products is not True
    rows = {row.system.removeprefix("model-int8.tflite "): row for row in run.rows}
    assert set(rows) == {"wasm", "wasm threads", "WebGPU"}
    assert rows["wasm"].threads == 1 and len(rows["wasm"].samples) == 3
    assert (rows["wasm threads"].threads or 0) > 1 and rows["wasm"].precision == "int8"
    assert rows["WebGPU"].status == "measured" or rows["WebGPU"].reason == "no WebGPU adapter"


def test_a_size_that_goes_by_tiles_fails_in_its_row(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    flags = ("--device", "web", "--iterations", "1", "--sizes", "1600", "--from", folder)
    assert exit_code(main, *flags) == 1
    assert "1600 x 1600" in capsys.readouterr().err
    assert json.loads((folder / "web.json").read_text())["rows"][0]["status"] == "failed"


def test_without_a_file_there_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_code(main, "--device", "web", "--from", tmp_path) == 2
    assert capsys.readouterr().err.startswith("error: --device web: ")
