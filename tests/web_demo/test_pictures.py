"""The page's screenshots for the docs, taken in a real browser."""

from pathlib import Path

import numpy as np
import pytest
from made_files import exit_code
from PIL import Image

from web_demo import pictures


def test_screenshots_show_the_painted_photo(model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures, "DOCS", tmp_path)
    monkeypatch.setattr(pictures, "SHOTS", ((360, 740, "dark", "astronaut"), (768, 600, "light", "astronaut")))
    assert exit_code(pictures.main, "--model", str(model)) == 0
    dark, light = (Image.open(tmp_path / f"web-{width}.webp") for width in (360, 768))
    assert (dark.size, light.size) == ((360, 740), (768, 600))
    corners = [np.asarray(shot)[:8, :8].mean() for shot in (dark, light)]
    assert corners[0] < 100 < corners[1]
    assert all(np.asarray(shot).std() > 30 for shot in (dark, light))


def test_a_missing_model_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(pictures, "DOCS", tmp_path)
    assert exit_code(pictures.main, "--model", "none.tflite") == 2
    assert "none.tflite" in capfd.readouterr().err
    assert not list(tmp_path.iterdir())
