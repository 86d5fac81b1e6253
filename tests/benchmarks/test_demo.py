"""What `make demo` runs, for real and tiny: it goes on past a file that was refused, and ends where nothing was made."""

import json
import os
import re
import subprocess
from pathlib import Path

import pytest
from benchmark_runs import parsed
from made_files import exit_code
from report_runs import judged, report_run, timed
from tiny import write_pairs

from benchmarks import demo
from benchmarks.demo import DemoStage
from benchmarks.quality.reference import reference
from benchmarks.records.pivot import by_system
from benchmarks.report.panels import painters
from benchmarks.report.reference import remark
from train.data.source import Painted, Paired
from train.styles.choice import StyleChoice

pytestmark = pytest.mark.converter

ROOT = Path(__file__).resolve().parent.parent.parent
TRAIN = "train --preset quick --no-pretrained --pairs pairs --model nano --crop 32 --batch 2"
COMPRESS = "compress --distill nano --preset student-quick --batch 1 --int8"
TINY = (
    DemoStage(TRAIN, "--steps 1", ("trained.safetensors",), ""),
    DemoStage(COMPRESS, "--steps 2", ("compressed.safetensors",), ""),
    DemoStage("broken_convert --target tflite onnx", "--sizes 64", ("model*",), ""),
    DemoStage("benchmarks --quick --only *int8* trained", "--sizes 64 --iterations 2", ("benchmarks.json",), ""),
)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working folder, with pairs to learn from; processes started there find the packages and tests/."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", f"{ROOT}{os.pathsep}{ROOT / 'tests'}")
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    write_pairs(tmp_path / "pairs", count=24, height=176, width=192)
    return tmp_path


def test_one_refused_file_stops_nothing_and_is_named_in_the_end(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert exit_code(lambda: demo.run(TINY, short=True)) == 1
    said = capsys.readouterr()
    assert re.search(r"failed: .*model-int8\.onnx: .* dB ", said.err)
    artifacts = folder / "artifacts"
    rows = {row["file"]: row for row in json.loads((artifacts / "converted.json").read_text())["rows"]}
    assert [name for name, row in rows.items() if row["refused"]] == ["model-int8.onnx"]
    assert "failed" in [cell["verdict"] for cell in rows["model-int8.onnx"]["cells"]]
    assert {name for name in rows if (artifacts / name).exists()} == set(rows) - {"model-int8.onnx"}
    page = (artifacts / "report.html").read_text(encoding="utf-8")
    assert re.search(r'class="notice">.*model-int8\.onnx: .* dB ', page)
    assert re.search(r'<th scope="row">model-int8\.onnx</th><td>–</td><td class="word failed">failed</td>', page)
    for name in ("train", "compress", "broken_convert", "benchmarks"):
        assert re.search(rf"{name} +│ +\d+ │ +\d+%", said.out)
    assert re.search(r"total +│ +\d+ │ +100%", said.out)
    assert re.search(r"the photo, left as it is +│ +\d", said.out) and re.search(r", made here +│ +\d", said.out)


def test_a_stage_that_makes_nothing_ends_it(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "artifacts").mkdir()
    (folder / "artifacts" / "trained.safetensors").write_bytes(b"of an earlier run")
    assert (
        exit_code(lambda: demo.run((DemoStage(f"{TRAIN} --crop 7", "", TINY[0].makes, ""), *TINY[1:]), short=False))
        == 1
    )
    assert re.search(r"failed: python -m train .*--crop 7 .*\b2\b", capsys.readouterr().err)
    assert {path.name for path in (folder / "artifacts").iterdir()} == {"trained.safetensors"}


@pytest.mark.parametrize(("word", "flags"), [("", ""), ("DEMO=short", " --short"), ("DEMO=shrt", " --shrt")])
def test_make_hands_its_word_to_the_command(word: str, flags: str) -> None:
    # Under `make test` the inner make would say which folder it enters and leaves.
    dry = ["make", "--no-print-directory", "--dry-run", "--assume-old=.venv/installed", "demo", *word.split()]
    said = subprocess.run(dry, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert said.strip() == f".venv/bin/python -m benchmarks.demo{flags}"


def test_an_unknown_form_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_code(demo.main, "--shrt") == 2
    assert "--shrt" in capsys.readouterr().err


def test_the_reference_stands_beside_built_in_photos_of_its_look_alone() -> None:
    names = ["coffee", "scarlet-macaw"]
    found = reference(Painted(longest=512), names)
    scores = json.loads((ROOT / "train/pretrained/reference.json").read_text())["scores"]
    assert found["psnr"] == pytest.approx(sum(scores[name]["psnr"] for name in names) / 2, abs=1e-3)
    assert (found["photos"], found["longest"]) == (2, 1024) and found["minutes"] > 60
    for other in (Painted(style=StyleChoice(stroke=12.0)), Painted(photos=("mine",)), Paired("pairs")):
        assert reference(other, names) == {}
    assert reference(Painted(), [*names, "another"]) == {}


@pytest.mark.parametrize(("psnr", "shown"), [(19.0, False), (30.0, True)])
def test_a_u_net_after_a_minute_is_not_shown_as_a_result(psnr: float, shown: bool) -> None:
    run = report_run()
    about = {"group": "made", "model": "unet-resnet18", "precision": "float32", "runtime": "torch"}
    run["rows"] += timed("trained", 1400.0, 512, **about)
    run["fidelity"]["trained"] = judged(psnr, "a")
    run["stages"]["reference"] = {"psnr": 32.5, "minutes": 112, "longest": 1024}
    record = by_system(parsed(run))
    assert ("trained" in [row["key"] for row in painters(record)]) == shown
    told = remark(record)
    assert told == "" if shown else all(figure in told for figure in ("19.0 dB", "23.4 dB", "32.5 dB", "112 minutes"))
