"""Two runs of the same thing are told equal, a slowdown of 5 % is told slower; on samples whose truth is known."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from benchmark_runs import parsed, row, run
from made_files import exit_code

from benchmarks.__main__ import main as benchmarks
from benchmarks.compare import compare, main, show
from benchmarks.records.run import Run
from pix2phone.errors import UserError
from pix2phone.processor import has_dot_products, this_processor

pytestmark = pytest.mark.converter

OURS, PAPER, PEER = "model-int8.tflite", "unet-resnet18", "johnson"


def samples(seed: int, milliseconds: float, count: int) -> list[float]:
    """Times as machines give them: skewed, in moods that last for some rounds, with outliers."""
    random = np.random.default_rng(seed)
    moods = np.repeat(random.normal(0, 0.01, -(-count // 10)), 10)[:count]
    noise = random.gamma(2.0, 0.01, count) + moods + 0.5 * (random.random(count) < 0.01)
    return (milliseconds * (1 + noise)).round(5).tolist()


def measured(seed: int, ours: float = 1.0, machine: float = 1.0, count: int = 300) -> Run:
    return parsed(written(seed, ours, machine, count))


def written(seed: int, ours: float = 1.0, machine: float = 1.0, count: int = 300) -> dict[str, Any]:
    """A run on a machine that is `machine` times slower, with our file `ours` times slower."""
    rows = []
    for number, (name, group, base) in enumerate(((OURS, "made", ours), (PAPER, "paper", 80.0), (PEER, "peer", 30.0))):
        about = {"system": name, "group": group} | ({} if group == "made" else {"file": OURS})
        rows.append(row(samples(10 * seed + number, base * machine, count), **about))
    return run(*rows)


def verdicts(old: Run, new: Run) -> dict[str, str]:
    return {change.key[0]: change.verdict for change in compare(old, new)}


def test_two_runs_of_the_same_thing_are_told_equal() -> None:
    assert verdicts(measured(1), measured(2)) == {OURS: "equal", PAPER: "equal", PEER: "equal"}


@pytest.mark.parametrize(("factor", "verdict"), [(1.05, "slower"), (0.95, "faster"), (1.3, "slower")])
def test_a_change_of_one_row_is_told_and_the_others_stay(factor: float, verdict: str) -> None:
    assert verdicts(measured(1), measured(2, ours=factor)) == {OURS: verdict, PAPER: "equal", PEER: "equal"}


def test_a_slower_machine_is_not_a_slower_file() -> None:
    assert verdicts(measured(1), measured(2, machine=1.2)) == {OURS: "equal", PAPER: "equal", PEER: "equal"}
    assert verdicts(measured(1), measured(2, ours=1.05, machine=1.2))[OURS] == "slower"


def test_a_network_that_nobody_here_changes_is_no_failure() -> None:
    old, new = (
        parsed(run(row(samples(seed, base, 300), system=PAPER, group="paper"))) for seed, base in ((1, 80.0), (2, 90.0))
    )
    (change,) = compare(old, new)
    assert change.verdict == "slower" and not show([change], "old.json")


def test_few_and_scattered_samples_are_unclear_not_equal() -> None:
    assert verdicts(measured(1, count=4), measured(2, count=4))[OURS] == "unclear"


def test_false_alarms_are_as_rare_as_stated() -> None:
    alarms = sum("slower" in verdicts(measured(2 * seed), measured(2 * seed + 1)).values() for seed in range(60))
    assert alarms <= 3  # 5 % of 60


def test_the_interval_holds_the_truth() -> None:
    change = next(change for change in compare(measured(5), measured(6, ours=1.05)) if change.key[0] == OURS)
    assert change.low < 1.05 < change.high and change.high - change.low < 0.03


def test_runs_with_nothing_in_common_are_refused() -> None:
    with pytest.raises(UserError, match="--compare"):
        compare(measured(1), parsed(run(row([1.0], system="other"))))


PLAIN, VNNI = (
    {"cpu": "EPYC", "instructions": ["avx2"], "dot_products": False},
    {"cpu": "EPYC", "instructions": ["avx2", "avx512_vnni"]},  # as runs before the field were written
)


@pytest.mark.parametrize("swapped", [False, True])
def test_processors_with_and_without_dot_products_are_not_compared(
    swapped: bool, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    paths = []
    for name, hardware in (("plain.json", PLAIN), ("vnni.json", VNNI)):
        (tmp_path / name).write_text(json.dumps(written(1) | {"hardware": hardware}))
        paths.append(tmp_path / name)
    assert exit_code(main, *(reversed(paths) if swapped else paths)) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1 and error.startswith("error: --compare: ")
    assert "EPYC, AVX2, no 8-bit dot products" in error and "EPYC, AVX512-VNNI, 8-bit dot products" in error
    assert exit_code(main, paths[0], paths[0]) == 0


def test_a_run_to_be_compared_with_another_kind_is_not_begun(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = PLAIN if has_dot_products(this_processor()) else VNNI
    (tmp_path / "old.json").write_text(json.dumps(written(1) | {"hardware": other}))
    assert exit_code(benchmarks, "--compare", tmp_path / "old.json", "--out", tmp_path / "out") == 2
    said = capsys.readouterr()
    assert said.err.startswith("error: --compare: ") and "timing" not in said.out
    assert not (tmp_path / "out").exists()


def test_the_command_says_it_and_exits_with_1(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    old, same, slow = (tmp_path / name for name in ("old.json", "same.json", "slow.json"))
    for path, made in ((old, written(1)), (same, written(2)), (slow, written(2, ours=1.05))):
        path.write_text(json.dumps(made))
    assert exit_code(main, old, same) == 0
    assert exit_code(main, old, slow) == 1
    said = capsys.readouterr()
    assert "95 % confidence" in said.out and "slower" in said.out and "+5." in said.out
    assert said.err.startswith("failed: slower")
    assert exit_code(main, old, tmp_path / "none.json") == 2
