"""The int8 step: its choices, its report, its refusals."""

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from made_files import exit_code, stir
from tiny import write_pairs

from compress.__main__ import main
from compress.int8.calibrate import RULES
from compress.int8.step import Int8, calibration_pairs
from compress.load import load
from compress.steps import Context, Cost
from pix2phone.errors import UserError
from train.checkpoint import Card, save
from train.data.paired import Pair, held_out_pairs, train_pairs
from train.data.source import Paired, to_data
from train.models import build
from train.run import judge

pytestmark = pytest.mark.training


@pytest.fixture(autouse=True)
def in_a_folder(tmp_path: Path) -> Iterator[None]:
    before = Path.cwd()
    os.chdir(tmp_path)
    yield
    os.chdir(before)


def start(pairs: int) -> Paired:
    """start.safetensors, a student with random weights, and as many pairs for it."""
    folder = f"{pairs}-pairs"  # folders are read once in a process, by name
    write_pairs(Path(folder), pairs)
    source = Paired(folder)
    torch.manual_seed(0)
    model = build("small").eval()
    stir(model, 0.03)
    metrics = judge(model, held_out_pairs(source, "test"))
    save(
        Path("start.safetensors"),
        model,
        Card("small", "test", [], {"source": to_data(source), "judged": None}, metrics),
    )
    return source


def test_calibration_takes_photos_from_all_over_the_training_ones() -> None:
    pairs = [Pair(str(index), Path(str(index)), None) for index in range(400)]
    for count, taken in ((8, 8), (32, 32), (400, 32)):
        names = [int(pair.name) for pair in calibration_pairs(pairs[:count])]
        assert len(set(names)) == taken and names[0] == 0 and names[-1] > count - 1 - count / taken
    with pytest.raises(UserError, match="--int8: 7 .*8"):
        calibration_pairs(pairs[:7])


def test_step_replays_and_says_what_it_tried_and_what_stays_in_float() -> None:
    source = start(16)
    before = load(Path("start.safetensors"))
    context = Context(source, lambda network: Cost(0, 0.0, 0.0), Path("out.safetensors"))
    after, learnt = Int8(max_drop=0.001, qat=2).take(before, context)
    save(Path("out.safetensors"), after.model, after.card)
    again = load(Path("out.safetensors"))
    assert judge(again.deployed(), held_out_pairs(source, "test")) == after.card.metrics
    tried = [row["rule"] for row in learnt["tried"] if "rule" in row and "narrowed" not in row]
    assert tried == [*RULES, *RULES], "with and without equalised channels"
    costs = [row["lost"] for row in learnt["layers"]]
    assert costs == sorted(costs, reverse=True) and "exit" in {row["weights"] for row in learnt["layers"]}
    assert again.ranges and {name for name, ends in again.ranges.items() if ends is None} == {*learnt["float"]}
    val = held_out_pairs(source, "val")
    assert judge(before.folded, val)["psnr"] - judge(again.deployed(), val)["psnr"] <= 0.0011
    assert learnt["photos"] == {"calibrating": len(train_pairs(source)), "choosing": len(val)}


@pytest.mark.parametrize("before", [(), ("--distill", "--steps", "1")])
def test_too_few_photos_are_refused_before_anything_is_done(
    before: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    start(8)  # of which half are held out
    Path("int8.safetensors").write_bytes(b"of another day")
    assert exit_code(main, "--from", "start.safetensors", *before, "--int8", "--out", "int8.safetensors") == 2
    said, error = capsys.readouterr()
    assert "distill" not in said
    assert re.search(r"--int8: 4 .*\b8\b", error) and error.count("\n") == 1
    assert Path("int8.safetensors").read_bytes() == b"of another day"
    assert not Path("int8.json").exists()


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        (("--int8", "--max-drop", "much"), "--max-drop: much: not a number of decibels"),
        (("--int8", "--max-drop", "0dB"), "--max-drop: 0: must be more than 0"),
        (("--int8", "--qat", "0"), "--qat: 0: must be at least 1"),
        (("--distill", "--qat"), "--qat: goes with --int8"),
        (("--distill", "--max-drop", "0.3dB"), "--max-drop: goes with --int8"),
    ],
)
def test_wrong_use_is_one_line(flags: tuple[str, ...], words: str, capsys: pytest.CaptureFixture[str]) -> None:
    Path("start.safetensors").touch()
    assert exit_code(main, "--from", "start.safetensors", *flags) == 2
    error = capsys.readouterr().err
    assert words in error and error.count("\n") == 1
