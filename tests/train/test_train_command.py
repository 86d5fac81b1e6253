"""`python -m train` as a user types it: quick help, one line for each mistake, and runs that end as they should."""

import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tiny
import torch
from made_files import exit_code
from PIL import Image
from safetensors import safe_open

from compress.__main__ import main as compress_main
from pix2phone.pictures import read_picture
from train.__main__ import main
from train.checkpoint import load
from train.config import PAPER, RECIPES, Recipe
from train.data import paired
from train.data.source import pairs_of
from train.data.split import SPLITS
from train.engine import precision
from train.engine.resume import resume_path
from train.engine.task import Batch

pytestmark = pytest.mark.training

HEAVY = ("torch", "numpy", "PIL", "rich", "cv2", "fastai")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working folder, with eight pairs in pairs/."""
    monkeypatch.chdir(tmp_path)
    paired._ready.cache_clear()  # a process stays in one folder, unlike these tests
    tiny.write_pairs(tmp_path / "pairs")
    return tmp_path


def test_help_answers_before_anything_heavy_is_imported() -> None:
    code = f"import sys, train.__main__; print([name for name in {HEAVY} if name in sys.modules])"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert loaded.stdout == "[]\n"
    answer = subprocess.run([sys.executable, "-m", "train", "--help"], capture_output=True, text=True, check=True)
    assert "--show-augmentation" in answer.stdout and answer.stderr == ""


MISTAKES = [
    (
        ("--preset", "slow"),
        "--preset: invalid choice: 'slow' (choose from paper, quick, reference, student, student-quick)",
    ),
    (("--presett", "quick"), "unrecognized arguments: --presett quick; see python -m train --help"),
    (("--crop", "big"), "--crop: invalid int value: 'big'"),
    (("--crop", "100"), "--crop: 100: must be a multiple of 32"),
    (("--crop", "0"), "--crop: 0: must be a multiple of 32"),
    (("--batch", "0"), "--batch: 0: must be at least 1"),
    (("--lr", "1.5"), "--lr: 1.5: must be between 0 and 1"),
    (("--lr", "nan"), "--lr: nan: must be between 0 and 1"),
    (("--steps", "-5"), "--steps: -5: must be at least 1"),
    (("--minutes", "0"), "--minutes: 0.0: must be more than 0"),
    (("--minutes", "3", "--steps", "100"), "--steps: 100: goes without --minutes; give one of them"),
    (("--loss", "l2"), "--loss: invalid choice: 'l2' (choose from perceptual, gradient)"),
    (
        ("--model", "huge", "--pairs", "pairs"),
        "model: 'huge': unknown; use one of unet-resnet18, unet-resnet34, nano",
    ),
    (("--pairs", "pears"), "pears: no such folder; name a folder of pairs"),
    (("--pairs", "pairs", "--photos", "p"), "--pairs: goes without --photos; ready pairs bring their own photos"),
    (("--direction", "BtoA"), "--direction: BtoA: goes with --pairs; add it or leave this out"),
    (("--pairs", "pairs", "--direction", "btoa"), "--direction: invalid choice: btoa (choose from AtoB, BtoA)"),
    (("--photos", "nowhere"), "nowhere: no such folder; name a folder of pictures"),
    (("--photos", "empty"), "empty: no pictures in it; put .jpg, "),
    (("--photos", "one", "--stroke", "0"), "--stroke: 0.0: a stroke is 1 to 64 pixels wide"),
    (("--style", "cubist"), "--style: 'cubist': unknown; use painterly or the path of an .onnx or .tflite model"),
    (("--style", "look.onnx"), "--style: look.onnx: no such file; name an .onnx or .tflite model"),
    (("--style-layout", "chw"), "--style-layout: invalid choice: 'chw' (choose from nchw, nhwc)"),
    (("--style-range", "0..two"), "--style-range: 0..two: must be LOW..HIGH"),
    (("--style-range", "-1..-1"), "--style-range: -1..-1: must be LOW..HIGH"),
    (("--style-output-range", "1..0"), "--style-output-range: 1..0: must be LOW..HIGH"),
    (("--style-mean", "0.5,0.5"), "--style-mean: 0.5,0.5: must be a number, or three with commas between"),
    (("--style-std", "0.2,0,0.2"), "--style-std: 0.2,0,0.2: must be more than 0"),
    (("--style-input", "weights"), "--style-input: weights: must be NAME=VALUES"),
    (
        ("--pairs", "pairs", "--out", "model.json"),
        "--out: model.json: a checkpoint is a file whose name ends in .safetensors",
    ),
    (("--pairs", "pairs", "--out", "."), "--out: .: a checkpoint is a file whose name ends in .safetensors"),
    (("--pairs", "pairs", "--show-augmentation", "sheet"), "sheet: unknown picture format ''; use one of .jpg"),
]


@pytest.mark.parametrize(("flags", "line"), MISTAKES)
def test_a_mistake_is_one_line_and_exit_code_2(
    folder: Path, capsys: pytest.CaptureFixture[str], flags: tuple[str, ...], line: str
) -> None:
    (folder / "empty").mkdir()
    (folder / "one").mkdir()
    Image.new("RGB", (32, 32)).save(folder / "one" / "black.png")
    assert exit_code(main, *flags) == 2
    said = capsys.readouterr()
    # Releases of Python differ in the quotes round choices.
    assert said.err.replace("'", "").startswith("error: " + line.replace("'", "")) and said.err.count("\n") == 1
    assert said.out == "" or flags[-1] == "sheet"
    assert sorted(os.listdir(folder)) == ["empty", "one", "pairs"]


def test_a_bad_pair_stops_the_command_and_skip_bad_goes_on(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "pairs" / "b" / "photo2.png").write_bytes(b"\x89PNG")
    flags = (
        *tiny.FLAGS[2:],
        "--model",
        "small",
        "--crop",
        "32",
        "--batch",
        "2",
        "--steps",
        "2",
        "--out",
        "x.safetensors",
    )
    assert exit_code(main, *flags) == 2
    said = capsys.readouterr()
    assert said.out.startswith("bad: pairs/b/photo2.png: ") and said.out.count("\n") == 1
    assert "1 of 8" in said.err and "--skip-bad" in said.err and said.err.count("\n") == 1
    assert exit_code(main, *flags, "--skip-bad") == 0
    said = capsys.readouterr()
    assert re.search(r"--skip-bad: .*1 of 8", said.out) and re.search(r"pairs: 3 .*2 val, 2 test", said.out)


def test_the_augmentation_is_shown_photo_beside_target(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_code(main, *tiny.FLAGS[2:], "--crop", "64", "--show-augmentation", "sheet.png") == 0
    sheet = read_picture(folder / "sheet.png")
    assert sheet.shape == (4 * 64 + 3 * 6, 8 * 64 + 7 * 6, 3)
    for row in range(4):
        for column in range(4):
            top, left = row * 70, column * 140
            photo, target = sheet[top : top + 64, left : left + 64], sheet[top : top + 64, left + 70 : left + 134]
            assert np.abs(photo.astype(int) + target - 255).max() <= 1
    assert "sheet.png" in capsys.readouterr().out
    assert sorted(os.listdir(folder)) == ["pairs", "sheet.png"]


def test_steps_and_files_of_a_run(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    flags = (*tiny.FLAGS[2:], "--model", "small", "--loss", "gradient", "--crop", "32", "--batch", "2", "--steps", "53")
    assert exit_code(main, *flags, "--out", "out/x.safetensors") == 0
    assert sorted(os.listdir(folder / "out")) == ["tensorboard", "x-preview.jpg", "x.json", "x.safetensors"]
    report = json.loads((folder / "out" / "x.json").read_text())
    assert report["curve"][-1]["step"] == 53  # not rounded to epochs
    assert report["curve"][-1]["psnr"] == pytest.approx(report["metrics"]["psnr"], abs=2)
    assert (report["pairs"], report["metrics"]["photos"]) == ({"train": 4, "val": 2, "test": 2}, 2)
    model, card = load(folder / "out" / "x.safetensors")
    assert card.model == "small" and card.metrics == report["metrics"]
    assert any(value.abs().max() > 0 for name, value in model.state_dict().items() if name.startswith("exit"))
    assert read_picture(folder / "out" / "x-preview.jpg").shape == (2 * 40 + 6, 3 * 48 + 2 * 6, 3)
    said = capsys.readouterr().out
    assert "next: python -m compress" in said and "no nearer" not in said
    assert report["photo"]["psnr"] < report["metrics"]["psnr"]


def test_a_network_that_is_no_nearer_than_the_photos_says_so(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for photo in (folder / "pairs" / "a").iterdir():  # a look that changes nothing cannot be beaten
        shutil.copy(photo, folder / "pairs" / "b")
    flags = ("--model", "small", "--loss", "gradient", "--crop", "32", "--batch", "2", "--steps", "2")
    assert exit_code(main, *tiny.FLAGS[2:], *flags, "--out", "x.safetensors") == 0
    assert "no nearer" in capsys.readouterr().out


def test_minutes_end_the_run_in_time_and_the_schedule_with_them(folder: Path) -> None:
    flags = (
        *tiny.FLAGS[2:],
        "--model",
        "small",
        "--loss",
        "gradient",
        "--crop",
        "32",
        "--batch",
        "2",
        "--minutes",
        "0.05",
    )
    assert exit_code(main, *flags, "--out", "x.safetensors") == 0
    curve = json.loads((folder / "x.json").read_text())["curve"]
    late = max(
        after["seconds"] - before["seconds"] for before, after in pairwise(curve)
    )  # a busy machine's slowest step
    assert 3.0 <= curve[-1]["seconds"] < 3.5 + late
    assert curve[-1]["step"] > 1  # a busy machine takes few
    load(folder / "x.safetensors")


def test_a_loss_that_is_no_number_ends_the_run_with_exit_code_1_and_loses_nothing(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    calls = iter(range(1000))

    def loss(picture: torch.Tensor, batch: Batch) -> torch.Tensor:
        return (picture - batch["target"]).abs().mean() * (1.0 if next(calls) < 57 else float("nan"))

    monkeypatch.setattr("train.run.training_loss", lambda name, pretrained: (loss, "breaks in the second epoch"))
    monkeypatch.setattr("train.engine.resume.SECONDS", 0.0)
    (folder / "x.safetensors").write_text("an earlier model")
    flags = (*tiny.FLAGS[2:], "--model", "small", "--crop", "32", "--batch", "2", "--steps", "100")
    assert exit_code(main, *flags, "--out", "x.safetensors") == 1
    assert re.fullmatch(r"failed: .*nan .*step 57.*--lr\n", capsys.readouterr().err)
    assert (folder / "x.safetensors").read_text() == "an earlier model"
    with safe_open(resume_path(folder / "x.safetensors"), framework="pt") as file:
        assert all(file.get_tensor(name).isfinite().all() for name in file.keys())  # noqa: SIM118 (not a dict)


def test_steps_given_by_hand_take_the_place_of_a_recipes_minutes() -> None:
    quick = RECIPES["quick"]
    assert quick.minutes and quick.with_flags(steps=7).minutes is None
    assert PAPER.with_flags(minutes=2.0, steps=None).minutes == 2.0


@pytest.mark.parametrize(("flags", "zoom"), [(("--pairs", "pairs"), 4.0), ((), 1.0)])
def test_only_ready_pairs_are_enlarged(
    folder: Path, flags: tuple[str, ...], zoom: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    import train.command

    seen: list[Any] = []
    monkeypatch.setattr(train.command, "train_and_save", lambda recipe, *_, **__: seen.append(recipe))
    monkeypatch.setattr("sys.argv", ["train", *flags])
    main()
    assert seen[0].zoom == zoom


@pytest.mark.parametrize(("flags", "zoom"), [((), 1.0), (("--style", "x.onnx"), 1.0), (("--pairs", "pairs"), 4.0)])
def test_ready_pairs_are_enlarged_as_in_the_paper_but_a_programs_paintings_never(
    folder: Path, monkeypatch: pytest.MonkeyPatch, flags: tuple[str, ...], zoom: float
) -> None:
    seen: list[Recipe] = []
    monkeypatch.setattr("train.command.train_and_save", lambda recipe, *rest, **more: seen.append(recipe))
    assert exit_code(main, *flags) == 0
    assert seen == [replace(PAPER, zoom=zoom)]


def test_bfloat16_ends_with_the_run(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(precision, "has_bfloat16", lambda device: True)  # a CPU without it takes longer, that is all
    monkeypatch.setitem(RECIPES, "tiny", replace(RECIPES["student"], crop=32, batch=2, steps=3, model="student-8x0x1"))
    assert exit_code(main, *tiny.FLAGS, "--out", "trained.safetensors") == 0
    assert not torch.is_autocast_enabled("cpu")  # else all that follows in this process is rounded, scores among it


@pytest.mark.parametrize(("direction", "photo"), [("AtoB", "a"), ("BtoA", "b")])
def test_compress_opens_the_pairs_of_a_checkpoint_as_train_did(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], direction: str, photo: str
) -> None:
    monkeypatch.setitem(RECIPES, "tiny", replace(RECIPES["student"], crop=32, batch=2, steps=2, model="student-8x0x1"))
    for side in "ab":
        for split, numbers in (("train", range(5)), ("test", range(5, 8))):
            for number in numbers:
                target = folder / "mine" / f"{split}{side.upper()}" / f"{number}.png"
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(folder / "pairs" / side / f"photo{number}.png", target)
    flags = ("--preset", "tiny", "--no-pretrained", "--pairs", "mine", "--direction", direction)
    assert exit_code(main, *flags, "--out", "x.safetensors") == 0
    line = f"pairs in mine: testA/ testB/ trainA/ trainB/, {direction}: 8 pairs, 5 train, 2 val, 1 test"
    assert line in capsys.readouterr().out
    _, card = load(folder / "x.safetensors")
    source = pairs_of(card.data)
    (folder / "mine" / "valA").mkdir()  # what comes to lie beside them later is no part of what it learnt from
    paired._ready.cache_clear()
    judged = {pair.name: pair.read()[0] for split in SPLITS[1:] for pair in paired.held_out_pairs(source, split)}
    assert {name: picture.tobytes() for name, picture in judged.items()} == {
        f"test-{number}": read_picture(folder / "pairs" / photo / f"photo{number}.png").tobytes()
        for number in (5, 6, 7)
    }
    paired._ready.cache_clear()
    assert exit_code(compress_main, "--from", "x.safetensors", "--fp16", "--out", "y.safetensors") == 0
    assert line in capsys.readouterr().out
    assert load(folder / "y.safetensors")[1].data == card.data
