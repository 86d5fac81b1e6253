"""`python -m compress`: the steps run for real on tiny pairs, the history is replayed, the scores are those of the files."""

import json
import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from made_files import exit_code, stir
from PIL import Image
from tiny import write_pairs

from compress import steps
from compress.__main__ import main
from compress.load import load
from train.checkpoint import Card, save
from train.data.source import Paired, to_data
from train.models import build
from train.models.generator import Generator, painter

pytestmark = pytest.mark.training


@pytest.fixture(autouse=True)
def in_a_folder_with_pairs(tmp_path: Path) -> Iterator[None]:
    before = Path.cwd()
    os.chdir(tmp_path)
    write_pairs(Path("pairs"), 16)
    yield
    os.chdir(before)


def trained(name: str, path: Path) -> tuple[Generator, Path]:
    torch.manual_seed(0)
    model = build(name).eval()
    if name == "small":
        stir(model, 0.03)
    save(path, model, Card(name, "test", data={"source": to_data(Paired("pairs"))}))
    return model, path


def test_student_then_int8(capsys: pytest.CaptureFixture[str]) -> None:
    _, start = trained("small", Path("start.safetensors"))
    flags = ("--distill", "small", "--steps", "3", "--batch", "1", "--int8")
    assert exit_code(main, "--from", start, *flags, "--out", "small.safetensors") == 0
    compressed = load(Path("small.safetensors"))
    assert [next(iter(step)) for step in compressed.card.history] == ["distill", "int8"]
    rows = {row["after"]: row for row in json.loads(Path("small.json").read_text())["steps"]}
    assert rows["int8"].items() >= compressed.card.metrics.items()
    assert abs(rows["int8"]["psnr"] - rows["distill"]["psnr"]) < 1
    assert rows["int8"]["bytes"] < rows["distill"]["bytes"]
    assert rows["int8"]["ms"] > 0 and rows["distill"]["gmacs"] > 0
    assert rows["small"]["ms"] is None and rows["small"]["gmacs"] == rows["distill"]["gmacs"]  # another takes its place
    assert "what each step cost" in capsys.readouterr().out
    assert not list(Path().glob("**/*resume*"))


def test_a_student_learnt_from_an_int8_network_has_none_of_its_ranges(tmp_path: Path) -> None:
    _, start = trained("small", Path("start.safetensors"))
    assert exit_code(main, "--from", start, "--int8", "--out", "int8.safetensors") == 0
    flags = ("--distill", "nano", "--steps", "3", "--batch", "1", "--out", "nano.safetensors")
    assert exit_code(main, "--from", "int8.safetensors", *flags) == 0
    student = load(Path("nano.safetensors"))
    assert [next(iter(step)) for step in student.card.history] == ["int8", "distill"]
    assert student.ranges is None
    assert exit_code(main, "--from", "nano.safetensors", "--int8", "--out", "again.safetensors") == 0
    assert load(Path("again.safetensors")).ranges


def test_int8_keeps_the_weights_and_stays_near() -> None:
    model, start = trained("small", Path("start.safetensors"))
    assert exit_code(main, "--from", start, "--int8", "--out", "int8.safetensors") == 0
    compressed = load(Path("int8.safetensors"))
    photo = np.asarray(np.random.default_rng(0).integers(0, 255, (32, 64, 3)), dtype=np.uint8)
    wanted, rounded = painter(model)(photo), painter(compressed.deployed())(photo)
    assert np.abs(painter(compressed.model)(photo).astype(int) - wanted).max() <= 1
    assert np.abs(rounded.astype(int) - wanted).mean() < 6


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        ((), "no step asked for"),
        (("--qat", "100"), "--qat: goes with --int8"),
        (
            ("--from", "missing.safetensors", "--fp16", "--out", "there.safetensors"),
            "missing.safetensors: no such checkpoint",
        ),
        (("--int8", "--int8"), "--int8: comes after int8, which must be last; leave one of them out"),
        (("--distill", "huge"), "--distill: 'huge'"),
        (("--int8", "--from", "missing.safetensors"), "missing.safetensors"),
        (("--int8", "--out", "made.bin"), "--out: made.bin"),
        (("--distill", "--steps", "0"), "--steps: 0"),
        (("--distill", "--seed", "-1"), "--seed: -1"),
        (("--distill", "--minutes", "inf"), "--minutes: inf"),
        (("--fp16", "--qat", "0"), "--qat: goes with --int8"),
        (("--fp16", "--max-drop", "0"), "--max-drop: goes with --int8"),
        (("--int8", "--floor", "nan"), "--floor: nan: not a number"),
        (("--prune", "0.5", "--prune", "--budget", "40%"), "--budget: 40%: goes with --prune alone, not --prune 0.5"),
        (("--fp16", "--out", "start.safetensors"), "--out: start.safetensors: is what it starts from"),
        (("--fp16", "--out", "/proc/made.safetensors"), "--out: /proc/made.safetensors: cannot be written"),
        (("--prune", "--distill", "nano", "--learn", "outputs", "--unpaired", "none"), "none: no such folder"),
    ],
)
def test_wrong_use_is_one_line(flags: tuple[str, ...], words: str, capsys: pytest.CaptureFixture[str]) -> None:
    trained("small", Path("start.safetensors"))
    Path("there.safetensors").touch()
    assert exit_code(main, "--from", "start.safetensors", *flags) == 2
    said, error = capsys.readouterr()
    assert words in error
    assert error.count("\n") == 1
    assert "prune: recipe" not in said, "no step was begun"


def test_a_checkpoint_without_data_or_with_nan_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    model, start = trained("small", Path("start.safetensors"))
    save(Path("mute.safetensors"), model, Card("small", "test"))
    with torch.no_grad():
        model.get_parameter("exit.bias")[0] = torch.nan
    save(Path("nan.safetensors"), model, load(start).card)
    for name, words in (("mute", "training data"), ("nan", "nan.safetensors: has weights that are")):
        assert exit_code(main, "--from", f"{name}.safetensors", "--fp16", "--out", "made.safetensors") == 2
        error = capsys.readouterr().err
        assert words in error and error.count("\n") == 1
    assert not Path("made.safetensors").exists()


def test_a_step_is_taken_again_when_pictures_or_what_was_kept_of_it_changed(capsys: pytest.CaptureFixture[str]) -> None:
    _, start = trained("nano", Path("start.safetensors"))

    def taken() -> bool:
        steps._pictures.cache_clear()  # as in a process of its own
        assert exit_code(main, "--from", start, "--fp16", "--out", "made.safetensors") == 0
        return "taken before" not in capsys.readouterr().out

    assert taken() and not taken()
    (kept,) = Path("artifacts/steps").glob("fp16-*.safetensors")
    kept.write_bytes(kept.read_bytes()[:3000])
    assert taken() and not taken()
    kept.with_suffix(".json").write_text("{}")
    assert taken() and not taken()
    os.utime("pairs/a/photo1.png", (1, 1))
    assert not taken(), "the picture is the same"
    Image.fromarray(255 - np.asarray(Image.open("pairs/b/photo1.png"))).save("pairs/b/photo1.png")
    assert taken() and not taken()


def test_int8_twice_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    _, start = trained("small", Path("start.safetensors"))
    exit_code(main, "--from", start, "--int8", "--out", "int8.safetensors")
    assert exit_code(main, "--from", "int8.safetensors", "--int8", "--out", "twice.safetensors") == 2
    assert "--distill" in capsys.readouterr().err
    assert not Path("twice.safetensors").exists()
