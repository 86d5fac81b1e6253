"""`--auto` finds the best student within a budget: times are real ones, training is tiny."""

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from made_files import exit_code
from tiny import write_pairs

from compress import auto
from compress.__main__ import main
from compress.load import load
from pix2phone.processor import describe, this_processor
from train.checkpoint import Card, save
from train.data.source import Paired, to_data
from train.models import build

pytestmark = pytest.mark.training


@pytest.fixture(autouse=True)
def in_a_folder_with_pairs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    before = Path.cwd()
    os.chdir(tmp_path)
    write_pairs(Path("pairs"), 16)
    save(Path("start.safetensors"), build("nano"), Card("nano", "test", data={"source": to_data(Paired("pairs"))}))
    monkeypatch.setattr(auto, "WIDTHS", (8, 16))
    monkeypatch.setattr(auto, "SHAPES", ((0, 1), (1, 0)))
    yield
    os.chdir(before)


def test_the_best_of_what_fits_is_trained_whole(capsys: pytest.CaptureFixture[str]) -> None:
    flags = ("--auto", "--budget", "1000ms@64", "--steps", "8", "--batch", "1", "--out", "best.safetensors")
    assert exit_code(main, "--from", "start.safetensors", *flags) == 0
    report = json.loads(Path("best.json").read_text())
    trials = {row["student"]: row["val_psnr"] for row in report["tried"]}
    assert trials.keys() == {"student-16x0x1", "student-16x1x0"}, "of each shape the widest that fits"
    best = load(Path("best.safetensors"))
    assert trials[best.card.model] == max(trials.values())
    assert [next(iter(step)) for step in best.card.history] == ["distill", "int8"]
    assert best.card.history[0]["distill"]["recipe"]["steps"] == 8
    said = capsys.readouterr().out
    assert f"--budget: 1000ms@64 on {describe(this_processor())}" in said
    assert report["hardware"] == this_processor()


def test_a_budget_that_no_student_meets_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    flags = ("--auto", "--budget", "0.0001ms@64", "--out", "best.safetensors")
    assert exit_code(main, "--from", "start.safetensors", *flags) == 2
    error = capsys.readouterr().err
    assert error.startswith("error: --budget: 0.0001ms@64: ")
    assert error.count("\n") == 1 and describe(this_processor()) in error
    assert not Path("best.safetensors").exists()
