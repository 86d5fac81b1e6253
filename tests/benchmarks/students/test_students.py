"""`python -m benchmarks.students` for real on tiny pictures, and its verdicts on figures whose answer is known."""

import json
import subprocess
import sys
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from made_files import exit_code, save_student
from tiny import write_pairs

from benchmarks.quality.fidelity import mean_and_error
from benchmarks.quality.reference import reference_scores
from benchmarks.students import goal_cells, goal_table, records, timing
from benchmarks.students.__main__ import main
from benchmarks.systems.peers import litert
from benchmarks.timing.statistics import trimmed_mean
from compress.load import load
from pix2phone.errors import UserError
from pix2phone.pictures import read_picture
from pix2phone.processor import describe, this_processor
from train.checkpoint import Card, save
from train.data.paired import held_out_pairs
from train.data.source import Painted, Paired, to_data

pytestmark = pytest.mark.converter

Record = dict[str, Any]
SCORES = {"psnr": 15.0, "ssim": 0.5, "gradient_error": 3.0, "perceptual": 0.1}


def with_source(path: Path, pairs: Path, poison: bool = False) -> Path:
    """An int8 student whose data are `pairs`; `poison` puts a NaN among its weights."""
    made = load(save_student(path, with_int8=True))
    if poison:
        with torch.no_grad():
            made.model.get_parameter("exit.bias")[0] = torch.nan
    source = {"photos": [], "style": {}, "pairs": str(pairs), "longest": 120, "skip_bad": False}
    save(path, made.model, Card("small", "test", made.card.history, {"source": source}))
    return path


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The command's results, once: a sound student and a poisoned one, at small sizes."""
    folder = tmp_path_factory.mktemp("goals")
    write_pairs(folder / "pairs", height=100, width=118)
    source = Paired(str(folder / "pairs"))
    report = {
        "source": {"pairs": source.pairs, "style": {}, "longest": 120},
        "scores": {pair.name: SCORES for pair in held_out_pairs(source, "test")},
    }
    (folder / "reference.json").write_text(json.dumps(report))
    paths = [with_source(folder / "sound.safetensors", folder / "pairs")]
    paths.append(with_source(folder / "poisoned.safetensors", folder / "pairs", poison=True))
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(timing.SIDES, timing.SQUARE, (64, 64))
        patch.setitem(timing.SIDES, timing.FULL_HD, (70, 90))
        patch.setattr(litert, "FOLDER", folder / "peers")
        patch.setattr(litert, "FILES", (("small", "float32"), ("small", "int8"), ("johnson", "int8")))
        words = ("--quick", "--rounds", "3", "--sheets", "1", "--reference", folder / "reference.json")
        words += ("--out", folder / "out", "--results", folder / "results")
        assert exit_code(main, "--students", *paths, *words) == 1  # the poisoned one
    yield folder


@pytest.fixture(scope="module")
def record(folder: Path) -> Record:
    return json.loads((folder / "out" / "goals.json").read_text())


def test_a_student_that_fails_says_why_and_the_other_stands(record: Record) -> None:
    sound, poisoned = record["students"]
    assert not sound["failure"] and len(sound["goals"]) == 10
    assert "NaN" in poisoned["failure"] and not poisoned["goals"]


def test_times_are_pooled_from_one_interleaved_run(record: Record) -> None:
    sound = record["students"][0]
    taken = sound["files"]["int8"]["times"]
    assert set(taken) == {"512x512", "1920x1080"} and set(sound["files"]["float32"]["times"]) == {"512x512"}
    assert len(taken["512x512"]["samples"]) == 3 * timing.TURNS
    assert taken["512x512"]["mean"] == pytest.approx(trimmed_mean(taken["512x512"]["samples"]), abs=1e-7)
    assert len(record["unet"]["times"]["512x512"]["samples"]) == 3
    ratio = record["unet"]["times"]["512x512"]["mean"] / taken["512x512"]["mean"]
    assert taken["512x512"]["ratio"] == pytest.approx(ratio, rel=1e-3)
    assert record["unet"]["bytes"] == pytest.approx(31_305_374 * 4, rel=0.01)


def test_untrained_networks_take_turns_in_litert_too_and_one_that_cannot_be_made_says_why(record: Record) -> None:
    exact, rounded, refused = record["others"]
    assert [len(row["times"]["512x512"]["samples"]) for row in (exact, rounded)] == [3, 3]
    assert rounded["bytes"] < exact["bytes"]
    assert "int8" in refused["failure"] and not refused["times"]


def test_the_record_is_kept_under_the_kind_of_this_processor(folder: Path, record: Record) -> None:
    kinds = records.read_records(folder / "results")
    assert kinds == {record["machine"]["dot_products"]: record}


def test_cells_follow_from_the_scores(record: Record, folder: Path) -> None:
    sound = record["students"][0]
    cells = {cell["goal"]: cell for cell in sound["goals"]}
    mine = np.mean([row["psnr"] for row in sound["files"]["int8"]["scores"].values()])
    assert cells["PSNR against the U-Net's, dB"]["figure"].startswith(f"{mine - SCORES['psnr']:+.2f} ± ")
    assert cells["file"]["figure"].startswith(
        f"{(folder / 'out' / 'files' / 'sound-int8.tflite').stat().st_size / 1e3:.0f}"
    )
    assert "no program" in cells["crop against whole, dB"]["figure"]  # ready pairs cannot be painted again


def test_markdown_front_and_sheets_are_written(folder: Path, record: Record) -> None:
    text = (folder / "out" / "goals.md").read_text()
    lines = [line for line in text.splitlines() if line.startswith("|")]
    assert sum(line.startswith("| int8 file | sound | poisoned |") for line in lines) == 1
    assert "failed: " in text and "test photos" in text
    svg = (folder / "out" / "front.svg").read_text()
    assert svg.startswith("<svg") and "prefers-color-scheme: dark" in svg and svg.count("sound int8") == 2
    name = next(iter(record["students"][0]["files"]["int8"]["scores"]))
    sheets = list((folder / "out" / "sheets").rglob("*.png"))
    assert [sheet.parent.name for sheet in sheets] == ["sound"] and sheets[0].stem == name
    assert read_picture(sheets[0]).shape == (100, 3 * 118 + 2 * 6, 3)


def measured(**changes: Any) -> Record:
    """A student "small" that exactly reaches every goal, or has `changes`."""
    theirs = {name: SCORES for name in "ab"}
    mine = {name: SCORES | {"psnr": 14.8, "ssim": 0.495, "perceptual": 0.103} | changes.pop(name, {}) for name in "ab"}
    side = {"peaks": [[0.0, 0.5]] * 2, "psnr": 50.0, "step": 4.0}
    times = {"512x512": {"mean": 0.002}, "1920x1080": {"mean": 1 / 30}}
    files = {
        "int8": {"bytes": 250_000, "times": times, "scores": mine},
        "float32": {"scores": {name: row | {"psnr": row["psnr"] + 0.19} for name, row in mine.items()}},
    }
    seams = {"period": 4, "photos": {name: {"painted": side, "target": side} for name in "ab"}}
    return {"model": "small", "files": files, "seams": seams, "reference": {"scores": theirs}} | deepcopy(changes)


def verdicts(student: Record) -> list[bool | None]:
    return [cell.met for cell in goal_cells.cells(student, {"times": {"512x512": {"mean": 1.0}}})]


def test_a_goal_that_is_just_reached_is_met() -> None:
    assert verdicts(measured()) == [True] * 10


def test_a_speed_just_short_of_its_goal_does_not_read_as_the_goal() -> None:
    cell = goal_cells.cells(measured(), {"times": {"512x512": {"mean": 0.9995}}})[0]
    assert str(cell) == "499×: MISSED (500×)"


@pytest.mark.parametrize("dot_products", [True, False, None])
def test_speed_without_dot_products_is_not_judged(dot_products: bool | None) -> None:
    unet = {"times": {"512x512": {"mean": 0.3}}}  # 150 times
    speed, frames, size, *rest = goal_cells.cells(measured(), unet, dot_products)
    assert (speed.met, frames.met) == ((None, None) if dot_products is False else (False, True))
    assert str(speed).startswith("150×: ")
    assert ("not judged" in str(speed), "MISSED" in str(speed)) == (dot_products is False, dot_products is not False)
    assert size.met and [cell.met for cell in rest] == [True] * 7


def test_the_record_and_the_page_name_the_instruction_set(record: Record) -> None:
    here = this_processor()
    assert record["machine"].items() >= here.items()
    assert describe(here) in goal_table.conditions(record)


def test_every_goal_can_be_missed() -> None:
    student = measured(a={"psnr": 14.0, "ssim": 0.4, "perceptual": 0.2})
    row = student["files"]["int8"]
    row |= {"bytes": 250_001, "times": {"512x512": {"mean": 0.0021}, "1920x1080": {"mean": 0.034}}}
    for scores in student["files"]["float32"]["scores"].values():
        scores["psnr"] += 1
    for photo in student["seams"]["photos"].values():
        photo["painted"] = {"peaks": [[0.0, 0.5], [0.0, 3.5]], "psnr": 40.0, "step": 4.5}
    assert verdicts(student) == [False] * 10
    peak = goal_cells.cells(student, {"times": {"512x512": {"mean": 1.0}}})[7]
    assert peak.figure == "3.50 at 1/2 per pixel down" and "MISSED" in str(peak)


def test_large_must_be_better_and_base_no_worse() -> None:
    equal = {"psnr": 15.0, "ssim": 0.5, "perceptual": 0.1}
    fidelity = slice(3, 6)
    assert verdicts(measured(model="base", a=equal, b=equal))[fidelity] == [True] * 3
    assert verdicts(measured(model="large", a=equal, b=equal))[fidelity] == [False] * 3


def test_no_verdict_without_goals_or_reference() -> None:
    assert verdicts(measured(model="unet-resnet18"))[:6] == [None] * 6
    cells = goal_cells.cells(
        measured(reference={"not_run": "r.json: no such file"}), {"times": {"512x512": {"mean": 1}}}
    )
    assert [cell.figure for cell in cells[3:6]] == ["not run: r.json: no such file"] * 3


def test_the_standard_error_of_the_mean() -> None:
    assert mean_and_error([1.0, 3.0, 5.0]) == pytest.approx((3.0, 2 / 3**0.5))
    assert mean_and_error([2.0]) == (2.0, 0.0)


def test_a_reference_is_compared_on_the_photos_that_both_have(tmp_path: Path) -> None:
    path, source = tmp_path / "reference.json", Painted()
    assert "no such file" in reference_scores(path, source, ["a"])["not_run"]
    report: Record = {"metrics": {}, "source": to_data(source)}
    path.write_text(json.dumps(report))
    assert "single photos" in reference_scores(path, source, ["a"])["not_run"]
    path.write_text(json.dumps(report | {"scores": {"a": SCORES, "portrait": SCORES}}))
    found = reference_scores(path, source, ["a", "b"])
    assert found["scores"] == {"a": SCORES} and found["means"]["psnr"] == (15.0, 0.0)
    assert "none of these" in reference_scores(path, source, ["b"])["not_run"]
    assert "longest" in reference_scores(path, Painted(longest=512), ["a"])["not_run"]
    assert "kind" in reference_scores(path, Paired("pairs"), ["a"])["not_run"]


def test_a_disturbed_run_says_so(record: Record) -> None:
    for share, word in ((50.0, "disturbed"), (2.0, "quiet")):
        machine = record["machine"] | {"busy_percent": [0.0, share], "disturbed": share > 10}
        assert word in goal_table.conditions(record | {"machine": machine})


def test_bad_students_are_one_line_and_exit_code_2(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    plain = save_student(tmp_path / "plain.safetensors", with_int8=False)
    for words, what in (((plain,), "no int8 step"), ((tmp_path / "none.safetensors",), "no such checkpoint")):
        assert exit_code(main, "--students", *words, "--out", tmp_path / "out") == 2
        assert what in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_no_rounds_at_all_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_code(main, "--rounds", "0") == 2
    assert "--rounds: 0" in capsys.readouterr().err


def test_help_loads_nothing_heavy() -> None:
    code = (
        "import sys; sys.argv = ['', '--help']; import benchmarks.students.__main__ as m, atexit; "
        "atexit.register(lambda: print(sorted({'torch', 'numpy', 'tensorflow'} & set(sys.modules)))); m.main()"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "--sheets" in done.stdout and done.stdout.strip().endswith("[]")


def test_a_committed_record_that_is_not_one_is_one_line_that_says_where(tmp_path: Path) -> None:
    record = records.choose(records.read_records())
    record["students"][0]["files"]["int8"]["times"]["512x512"]["mean"] = -1.0
    path = records.path_of(tmp_path, True)
    path.write_text(json.dumps(record))
    with pytest.raises(
        UserError, match=r"^\S+students-dot-products.json: \$\.students\[0\].*\.mean: .*\(-1\.0\)"
    ) as error:
        records.read_records(tmp_path)
    assert "\n" not in str(error.value)
