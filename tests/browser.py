"""A real browser for the tests: Chromium, driven over a pipe by its own protocol, without a driver or a package."""

import base64
import json
import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Any

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
FLAGS = ("--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run")
QUIET = ("--hide-scrollbars", "--disable-component-update", "--disable-sync", "--mute-audio")
PAINTED = "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(true))))"


def browser_path() -> str | None:
    """Where a Chromium is; None where there is none."""
    return next((path for name in NAMES if (path := shutil.which(name))), None)


class Browser:
    """One page. `problems` gathers what its console and its scripts complained of."""

    def __init__(self) -> None:
        path = browser_path()
        assert path, "no Chromium on PATH"
        self.profile = tempfile.TemporaryDirectory(prefix="browser-")
        taken, self.given = os.pipe()
        self.answers, written = os.pipe()
        command = f'exec "$@" 3<&{taken} 4>&{written}'  # the browser reads from 3 and writes to 4
        words = (path, *FLAGS, *QUIET, "--remote-debugging-pipe", f"--user-data-dir={self.profile.name}")
        self.process = subprocess.Popen(
            ["/bin/bash", "-c", command, "bash", *words],
            pass_fds=(taken, written),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(taken)
        os.close(written)
        self.pending, self.last, self.problems = b"", 0, []  # type: tuple[bytes, int, list[str]]
        self.session: str | None = None
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log"):
            self.call(f"{domain}.enable")

    def __enter__(self) -> "Browser":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        os.close(self.given)  # which ends it
        self.process.wait(timeout=30)
        os.close(self.answers)
        self.profile.cleanup()

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """One command of the protocol and its result; AssertionError with the browser's reason."""
        self.last += 1
        message = {"id": self.last, "method": method, "params": parameters}
        message |= {"sessionId": self.session} if self.session else {}
        os.write(self.given, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._next()
            if answer.get("id") == self.last:
                assert "error" not in answer, f"{method}: {answer['error']['message']}"
                return answer["result"]

    def _next(self) -> dict[str, Any]:
        while b"\0" not in self.pending:
            part = os.read(self.answers, 1 << 16)
            assert part, "the browser ended"
            self.pending += part
        first, _, self.pending = self.pending.partition(b"\0")
        message = json.loads(first)
        if message.get("method") == "Runtime.exceptionThrown":
            self.problems.append(message["params"]["exceptionDetails"]["exception"].get("description", "?"))
        if message.get("method") == "Log.entryAdded" and message["params"]["entry"]["level"] == "error":
            self.problems.append(message["params"]["entry"]["text"])
        return message

    def open(self, page: Path, width: int, height: int = 900, dark: bool = False) -> None:
        """Show a file in a window of that size, in CSS pixels."""
        mobile = width < 600
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=mobile)
        features = [{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}]
        self.call("Emulation.setEmulatedMedia", features=features)
        self.call("Page.navigate", url=page.resolve().as_uri())
        while self.ask("document.readyState") != "complete" or self.ask("location.href") == "about:blank":
            pass
        self.ask(
            "Promise.all([...document.images].map((image) => { image.loading = 'eager'; return image.decode(); }))"
        )
        self.ask(PAINTED)

    def ask(self, script: str) -> Any:
        """The value of a JavaScript expression, awaited."""
        found = self.call("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in found, found["exceptionDetails"]
        return found["result"].get("value")

    def mouse(self, kind: str, x: float, y: float) -> None:
        """mousePressed, mouseMoved or mouseReleased with the left button, in CSS pixels of the window."""
        held = 0 if kind == "mouseReleased" else 1
        self.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", buttons=held, clickCount=1)

    def screenshot(self, path: Path, whole: bool = True) -> None:
        """The page as PNG, all of it or the window alone."""
        found = self.call("Page.captureScreenshot", format="png", captureBeyondViewport=whole)
        path.write_bytes(base64.b64decode(found["data"]))
