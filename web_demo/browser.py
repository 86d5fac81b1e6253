"""Headless Chromium, controlled from Python."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from pix2phone.errors import UserError

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

NAMES = ("chromium", "chromium-browser", "google-chrome")
FAKE_CAMERA = ("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream")
FAST_CAMERA = ("--use-fake-device-for-media-stream=fps=60", "--use-fake-ui-for-media-stream")  # else 20 frames a second
FAKE_GPU = ("--enable-unsafe-webgpu", "--use-webgpu-adapter=swiftshader")  # software rendering: correct, and slow


def program() -> str:
    """Path of the installed browser. UserError without one."""
    found = next(filter(None, map(shutil.which, NAMES)), None)
    if found is None:
        raise UserError("missing: Chromium. On Debian or Ubuntu: sudo apt-get install chromium")
    return found


@contextmanager
def chromium(*flags: str) -> Iterator["Browser"]:
    """The installed browser with `flags`; closed afterwards. UserError without one."""
    from playwright.sync_api import sync_playwright

    path = program()
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=path, args=list(flags))
        try:
            yield browser
        finally:
            browser.close()


def has_relaxed_simd(page: "Page") -> bool:
    """Whether LiteRT.js reports relaxed SIMD in the browser's WebAssembly; `page` is one of the site's."""
    return page.evaluate("async () => (await import('./vendor/litert.js')).supportsFeature('relaxedSimd')")
