"""The command that compares ways to train a student, with two steps for each."""

from pathlib import Path

import numpy as np
import pytest
from made_files import exit_code
from PIL import Image

from compress.ablation import __main__ as ablation
from compress.ablation.lab import Lab
from pix2phone.artefacts import read_json

pytestmark = pytest.mark.training

SMALL = ("--photos", "photos", "--steps", "2", "--batch", "2", "--seeds", "2", "--out", "table.md")


@pytest.fixture(autouse=True)
def photos(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "photos").mkdir()
    noise = np.random.default_rng(0).integers(0, 256, (12, 20, 24, 3), np.uint8)
    for number, pixels in enumerate(noise):
        Image.fromarray(pixels).resize((256, 224)).save(tmp_path / "photos" / f"{number}.png")


def test_a_row_for_each_setting_with_the_range_over_the_seeds() -> None:
    assert exit_code(ablation.main, *SMALL, "--groups", "loss") == 0
    head, rule, *rows = Path("table.md").read_text().splitlines()
    assert head.count("|") == rule.count("|") and len(rows) == 4
    assert ["0 grad" in rows[0], "1 grad" in rows[3]] == [True, True]
    for row in rows:
        psnr, half_range = map(float, row.split("|")[7].split("±"))
        assert 3 < psnr < 40 and half_range >= 0
    assert len(read_json(Path("table.json"))) == 8


def test_what_was_trained_is_not_trained_again(monkeypatch: pytest.MonkeyPatch) -> None:
    assert exit_code(ablation.main, *SMALL, "--groups", "scales") == 0
    first = Path("table.md").read_text()
    monkeypatch.setattr(Lab, "_train", lambda *_: pytest.fail("trained again"))
    assert exit_code(ablation.main, *SMALL, "--groups", "scales") == 0
    assert Path("table.md").read_text() == first


def test_settings_that_need_a_teacher_name_the_flag(capfd: pytest.CaptureFixture[str]) -> None:
    assert exit_code(ablation.main, *SMALL, "--groups", "learn") == 2
    assert "--teacher" in capfd.readouterr().err
