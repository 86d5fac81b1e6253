"""python -m web_demo.live: a short run in real Chromium. No time is asserted, only that its figures are present."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from made_files import exit_code

from pix2phone.errors import CheckFailed
from web_demo.live import live, main, watch

pytestmark = pytest.mark.browser

SECONDS = 8


@pytest.fixture(scope="module")
def run(model: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, dict[str, Any]]:
    """Its output and its record."""
    folder = tmp_path_factory.mktemp("live")
    shutil.copyfile(model, folder / "model.tflite")
    command = [sys.executable, "-m", "web_demo.live", "--model", folder / "model.tflite", "--seconds", str(SECONDS)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout, json.loads((folder / "live.json").read_text())


def test_the_table_has_rates_times_and_memory(run: tuple[str, dict[str, Any]]) -> None:
    printed, record = run
    assert "Live view at 640x480" in printed and record["size"] == "640x480"
    for row in ("frames/s", "a frame", "capture", "network", "drawing", "heap", "Chromium's memory"):
        assert row in printed
    assert str(len(record["frames"])) in printed
    assert record["hardware"]["instructions"][0] == "simd128" and "WebAssembly" in printed
    assert len(record["memory"]) >= 2 and all(min(entry.values()) > 1e6 for entry in record["memory"])


def test_frames_come_one_after_the_other_and_their_parts_make_up_their_time(run: tuple[str, dict[str, Any]]) -> None:
    frames = run[1]["frames"]
    assert len(frames) >= 2
    moments = [frame["at"] for frame in frames]
    assert moments == sorted(moments) and moments[-1] - moments[0] < 3 * SECONDS * 1000
    shares = []
    for frame in frames:
        parts = [frame[part] for part in ("capture", "network", "draw")]
        assert min(parts) > 0
        shares.append(sum(parts) / frame["whole"])
    assert max(shares) <= 1.001 and sorted(shares)[len(shares) // 2] > 0.6


def test_a_live_view_that_stands_still_is_no_result(browser: Any, address: str) -> None:
    with live(browser, address) as page, pytest.raises(CheckFailed, match=r"1 s; .*: gone"):
        page.evaluate("() => { camera.click(); message.textContent = 'gone'; }")
        watch(page, 1)


def test_a_time_that_is_none(capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_code(main, "--seconds", "0") == 2
    assert re.fullmatch(r"error: --seconds: 0: .+\n", capsys.readouterr().err)
