"""The camera: a fake one of Chromium, 640 x 480, whose picture moves."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from web_page import facts, message, painted, settle

from web_demo.live import processes_bytes

pytestmark = pytest.mark.browser

FRAMES = 40
GROWTH = 30_000_000  # bytes, of a process of some hundred million
RATE = "() => document.getElementById('facts').textContent.match(/frames.s/)"


def start(page: Any) -> None:
    page.click("#camera")
    page.wait_for_function(RATE)


def test_live_view_moves_and_says_its_times(opened: Any) -> None:
    start(opened)
    assert opened.get_attribute("#camera", "aria-pressed") == "true"
    first = painted(opened)
    assert sorted(first.shape) == [3, 480, 640]
    opened.wait_for_timeout(1500)
    assert not np.array_equal(painted(opened), first)
    said = facts(opened)
    assert all(part in said for part in ("capture", "network", "drawing", "frames"))
    opened.click("#camera")
    settle(opened)
    opened.wait_for_timeout(500)
    last = painted(opened)
    opened.wait_for_timeout(1000)
    assert np.array_equal(painted(opened), last)  # it stands still, and can be saved
    assert opened.is_enabled("#save")


def test_a_photo_ends_the_live_view(opened: Any) -> None:
    start(opened)
    opened.click("[data-photo=red-panda]")
    settle(opened)
    assert opened.get_attribute("#camera", "aria-pressed") == "false"
    assert painted(opened).shape == (576, 1024, 3)
    assert message(opened) == ""


def test_what_is_no_photo_does_not_end_the_live_view(opened: Any, tmp_path: Path) -> None:
    start(opened)
    file = tmp_path / "text.jpg"
    file.write_text("a text file")
    opened.set_input_files("#file", file)
    settle(opened)
    assert "text.jpg" in message(opened)
    assert opened.get_attribute("#camera", "aria-pressed") == "true"
    first = painted(opened)
    opened.wait_for_timeout(1500)
    assert not np.array_equal(painted(opened), first)


@pytest.mark.parametrize(
    ("error", "says"), [("NotAllowedError", "not allowed"), ("NotFoundError", "no camera"), ("Other", "not be started")]
)
def test_without_a_camera_there_is_a_sentence_and_photos(page: Any, address: str, error: str, says: str) -> None:
    page.add_init_script(f"navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('', '{error}'))")
    page.goto(address)
    settle(page)
    page.click("#camera")
    settle(page)
    assert says in message(page) and "photo" in message(page)
    page.click("[data-photo=astronaut]")
    settle(page)
    assert painted(page).shape == (512, 512, 3)


def test_live_view_does_not_grow(opened: Any) -> None:
    """Memory of Chromium's processes, between the first frames and `FRAMES` later ones."""
    opened.evaluate(
        "() => { window.frames_seen = 0; stage.addEventListener('frame', () => (window.frames_seen += 1)); }"
    )
    opened.click("#camera")
    seen = []
    for until in (10, 10 + FRAMES // 2, 10 + FRAMES):
        opened.wait_for_function("until => window.frames_seen >= until", arg=until)
        opened.request_gc()
        seen.append(processes_bytes())
    assert seen[-1] - min(seen[:-1]) < GROWTH, seen
