"""python -m web_demo.pictures: the page's screenshots for the docs, taken in real Chromium."""

import subprocess
import sys
from pathlib import Path

import pytest

from pix2phone.pictures import read_picture
from web_demo.pictures import SHOTS

pytestmark = pytest.mark.browser


def test_screenshots_are_light_or_dark_and_show_a_picture(model: Path, tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    command = [sys.executable, "-m", "web_demo.pictures", "--model", model]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    for width, height, scheme, _ in SHOTS:
        shot = read_picture(tmp_path / "docs" / f"web-{width}.webp")
        assert shot.shape == (height, width, 3) and shot.std() > 30
        assert (shot[:8, :8].mean() < 100) == (scheme == "dark")


def test_a_missing_model_is_named(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "web_demo.pictures", "--model", "none.tflite"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 2 and "none.tflite" in done.stderr
    assert not list(tmp_path.iterdir())
