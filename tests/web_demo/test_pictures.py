"""The page's screenshots for the docs, taken in a real browser."""

from pathlib import Path

import pytest
from made_files import exit_code

from pix2phone.pictures import read_picture
from web_demo import pictures

pytestmark = pytest.mark.browser


def test_screenshots_show_the_painted_photo(model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures, "DOCS", tmp_path)
    monkeypatch.setattr(pictures, "SHOTS", ((360, 740, "dark", "astronaut"), (768, 600, "light", "astronaut")))
    assert exit_code(pictures.main, "--model", str(model)) == 0
    dark, light = (read_picture(tmp_path / f"web-{width}.webp") for width in (360, 768))
    assert (dark.shape, light.shape) == ((740, 360, 3), (600, 768, 3))
    assert dark[:8, :8].mean() < 100 < light[:8, :8].mean()
    assert dark.std() > 30 and light.std() > 30


def test_a_missing_model_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(pictures, "DOCS", tmp_path)
    assert exit_code(pictures.main, "--model", "none.tflite") == 2
    assert "none.tflite" in capfd.readouterr().err
    assert not list(tmp_path.iterdir())
