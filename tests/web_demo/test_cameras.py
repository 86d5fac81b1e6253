"""Cameras that turn, stand upright, go away, or are no longer wanted when they come."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from web_page import message, painted, settle

from web_demo.browser import FAKE_CAMERA, program

pytestmark = pytest.mark.browser

# What the page was given, and what it asked for; `slow` cameras come after a moment.
WATCHED = """(() => {
  const given = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
  window.tracks = [];
  navigator.mediaDevices.getUserMedia = async (wanted) => {
    const stream = await given(wanted);
    tracks.push(...stream.getVideoTracks());
    await new Promise((resolve) => setTimeout(resolve, window.slow ?? 0));
    return stream;
  };
})()"""
LABELS = "() => tracks.map(({ label }) => label)"
STATES = "() => tracks.map(({ readyState }) => readyState)"


@contextmanager
def another(browser: Any, *flags: str) -> Iterator[Any]:
    """A browser with other cameras."""
    started = browser.browser_type.launch(executable_path=program(), args=flags)
    yield started
    started.close()


@contextmanager
def page_with(browser: Any, address: str) -> Iterator[Any]:
    with browser.new_context() as context:
        page = context.new_page()
        page.set_default_timeout(120_000)
        page.add_init_script(WATCHED)
        page.goto(address)
        settle(page)
        yield page


def start(page: Any) -> None:
    page.evaluate("() => stage.addEventListener('frame', () => (window.frames_seen = (window.frames_seen ?? 0) + 1))")
    page.click("#camera")
    page.wait_for_function("() => window.frames_seen > 1")


def test_the_camera_turns_to_the_next_one_and_back(browser: Any, address: str) -> None:
    """Of cameras that do not say where they look, as on a desktop."""
    two = ("--use-fake-device-for-media-stream=device-count=2", *FAKE_CAMERA[1:])
    with another(browser, *two) as other, page_with(other, address) as page:
        start(page)
        for _ in range(2):
            assert page.is_visible("#flip")
            page.click("#flip")
            settle(page)
        assert page.evaluate(LABELS) == ["fake_device_0", "fake_device_1", "fake_device_0"]
        assert page.evaluate(STATES) == ["ended", "ended", "live"]
        assert page.get_attribute("#camera", "aria-pressed") == "true" and message(page) == ""
        page.click("#camera")
        assert page.is_hidden("#flip") and "live" not in page.evaluate(STATES)


def test_one_camera_cannot_turn(browser: Any, address: str) -> None:
    with page_with(browser, address) as page:
        start(page)
        settle(page)
        assert page.is_hidden("#flip")


def test_a_phone_asks_for_the_camera_that_looks_the_other_way(browser: Any, address: str) -> None:
    facing = """(() => {
      const asked = window.asked = [];
      const given = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
      navigator.mediaDevices.getUserMedia = async ({ video }) => {
        asked.push(video.facingMode);
        const stream = await given({ video });
        stream.getVideoTracks()[0].getSettings = () => ({ facingMode: video.facingMode });
        return stream;
      };
      navigator.mediaDevices.enumerateDevices = async () => [{ kind: "videoinput" }, { kind: "videoinput" }];
    })()"""
    with browser.new_context() as context:
        page = context.new_page()
        page.set_default_timeout(120_000)
        page.add_init_script(facing)
        page.goto(address)
        settle(page)
        start(page)
        for _ in range(2):
            page.click("#flip")
            settle(page)
        assert page.evaluate("() => asked") == ["user", "environment", "user"]


def test_a_camera_that_stands_upright_is_not_cut(browser: Any, address: str, tmp_path: Path) -> None:
    file = tmp_path / "upright.y4m"
    width, height = 480, 640
    bright = np.repeat(np.linspace(30, 220, height).astype(np.uint8), width)
    grey = np.full(width * height // 2, 128, np.uint8)
    frame = b"FRAME\n" + bright.tobytes() + grey.tobytes()
    file.write_bytes(f"YUV4MPEG2 W{width} H{height} F20:1 Ip A1:1 C420jpeg\n".encode() + frame * 4)
    upright = (*FAKE_CAMERA, f"--use-file-for-fake-video-capture={file}")
    with another(browser, *upright) as other, page_with(other, address) as page:
        start(page)
        made = painted(page)
        assert made.shape == (height, width, 3)
        assert made[:40].mean() < 80 < 180 < made[-40:].mean()  # the whole of it
        box = page.locator("#stage").bounding_box()
        assert abs(box["width"] / box["height"] - width / height) < 0.02


@pytest.mark.parametrize("instead", ["[data-photo=red-panda]", "#camera"])
def test_a_camera_that_is_no_longer_wanted_is_let_go(browser: Any, address: str, instead: str) -> None:
    """While the browser still asks its user, a photo is chosen, or the camera once more."""
    with page_with(browser, address) as page:
        page.evaluate("() => (window.slow = 1000)")
        page.click("#camera")
        page.wait_for_function("() => tracks.length === 1")
        page.click(instead)
        page.wait_for_timeout(2500)
        settle(page)
        photo = instead != "#camera"
        assert page.evaluate(STATES) == (["ended"] if photo else ["ended", "live"])
        assert page.get_attribute("#camera", "aria-pressed") == ("false" if photo else "true")
        assert message(page) == ""
        if photo:
            assert painted(page).shape == (576, 1024, 3)


def test_a_camera_that_goes_away_is_one_sentence(browser: Any, address: str) -> None:
    with page_with(browser, address) as page:
        start(page)
        page.evaluate("() => tracks[0].dispatchEvent(new Event('ended'))")
        assert message(page) == "The camera went away; plug it in again, or open a photo."
        assert page.get_attribute("#camera", "aria-pressed") == "false"
        page.click("[data-photo=astronaut]")
        settle(page)
        assert painted(page).shape == (512, 512, 3) and message(page) == ""


def test_without_video_frames_the_live_view_is_the_same(page: Any, address: str) -> None:
    """As in older browsers."""
    page.add_init_script("delete window.VideoFrame")
    page.goto(address)
    settle(page)
    start(page)
    assert painted(page).shape == (480, 640, 3)
