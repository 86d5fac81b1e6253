"""python -m web_demo.live: frame rate of the page on a camera in Chromium here, and growth of its memory."""

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import chain
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, NamedTuple

import psutil

from pix2phone.artefacts import write_json
from pix2phone.console import progress, say, table
from pix2phone.errors import CheckFailed, OneLineParser, UserError, run_command
from web_demo.__main__ import MODEL
from web_demo.browser import FAST_CAMERA, chromium, has_relaxed_simd

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

SECONDS = 20.0
WARM_UP = 3.0  # seconds: first frames and compilation
MILLISECONDS = 120_000  # to load, on a busy machine
TENTHS = 10
LEAST = 2  # frames, for a rate
# Frames are fetched as they come: a list growing in the page would count as growth of memory.
LISTEN = """() => {
  window.frames_seen = [];
  document.getElementById("stage").addEventListener("frame", ({ detail, timeStamp }) =>
    frames_seen.push({ at: timeStamp, ...detail }));
}"""
TAKE = "() => frames_seen.splice(0)"
PARTS = {"whole": "a frame", "capture": "  capture", "network": "  network", "draw": "  drawing"}
Frame = dict[str, float]  # whole, capture, network, draw, and the moment `at` of display, milliseconds


class Memory(NamedTuple):
    """Bytes after a collection: the page's JavaScript heap, and the private memory of the browser's processes."""

    heap_bytes: int
    processes_bytes: int


def main() -> None:
    """Parse, open the page on a fake camera, measure, write JSON, print a table."""
    parser = OneLineParser(prog="python -m web_demo.live", description=__doc__)
    parser.add_argument("--model", type=Path, default=MODEL, metavar="TFLITE", help="default: %(default)s")
    parser.add_argument("--seconds", type=float, default=SECONDS, help="how long to watch (%(default)g)")
    args = parser.parse_args()
    if not args.seconds > 0:
        raise UserError(f"--seconds: {args.seconds:g}: not above 0")
    from pix2phone.processor import describe, in_webassembly, this_processor
    from web_demo.serve import served
    from web_demo.site import build

    with TemporaryDirectory() as folder, chromium(*FAST_CAMERA) as browser:
        with served(build(args.model, Path(folder) / "site")) as address, live(browser, address) as page:
            tenths, memory = watch(page, args.seconds)
            size = "x".join(map(str, page.evaluate("() => [painted.width, painted.height]")))
            painter = page.evaluate("() => facts.textContent.split('\u00a0· ')[0]").replace("\u00a0", " ")
            hardware = in_webassembly(this_processor(), has_relaxed_simd(page))
        about = {
            "painter": painter,
            "size": size,
            "seconds": args.seconds,
            "Chromium": browser.version,
            "hardware": hardware,
        }
    written = args.model.with_name("live.json")
    write_json(written, about | {"frames": list(chain(*tenths)), "memory": [entry._asdict() for entry in memory]})
    table(
        f"Live view at {size}, {args.seconds:g} s, by {painter} on {describe(hardware)}",
        ("", "all", "first tenth", "last tenth"),
        _rows(tenths, memory),
    )
    say(f"wrote {written}")


@contextmanager
def live(browser: "Browser", address: str) -> Iterator["Page"]:
    """A tab with the page at `address`, whose live view has started. CheckFailed if it does not start."""
    with browser.new_context() as context:
        page = context.new_page()
        page.set_default_timeout(MILLISECONDS)
        page.goto(address)
        page.click("#camera:enabled")
        page.wait_for_selector("#stage[aria-busy=false]")
        if page.get_attribute("#camera", "aria-pressed") != "true":
            raise CheckFailed(f"the page says: {page.text_content('#message')}")
        page.wait_for_timeout(WARM_UP * 1000)
        yield page


def watch(page: "Page", seconds: float) -> tuple[list[list[Frame]], list[Memory]]:
    """Frames of each tenth of `seconds` of live view, and memory at their ends. CheckFailed if no frames arrive."""
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable")
    page.evaluate(LISTEN)
    tenths, memory = [], []
    with progress("live view", TENTHS) as update:
        for index in range(TENTHS):
            tenths.append(_frames(page, seconds / TENTHS))
            page.request_gc()
            metrics = {entry["name"]: entry["value"] for entry in session.send("Performance.getMetrics")["metrics"]}
            memory.append(Memory(int(metrics["JSHeapUsedSize"]), processes_bytes()))
            update(index + 1, "")
    if (count := sum(map(len, tenths))) < LEAST:
        raise CheckFailed(f"{count} frames in {seconds:g} s; the page says: {page.text_content('#message')}")
    return tenths, memory


def _frames(page: "Page", seconds: float) -> list[Frame]:
    page.evaluate(TAKE)  # drop frames drawn during the memory reading
    frames: list[Frame] = []
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        page.wait_for_timeout(min(left, 1.0) * 1000)
        frames += page.evaluate(TAKE)
    return frames


def processes_bytes() -> int:
    """Of the browsers that this process started; shared memory, mainly their program's own files, is left out."""
    total = 0
    for child in psutil.Process().children(recursive=True):
        with suppress(psutil.Error):  # it has just ended
            if any(word.startswith("--type=") for word in child.cmdline()):
                memory = child.memory_info()
                total += memory.rss - memory.shared
    return total


def _rows(tenths: list[list[Frame]], memory: list[Memory]) -> Iterator[list[str]]:
    columns = [list(chain(*tenths)), tenths[0], tenths[-1]]
    yield ["frames", *(str(len(column)) for column in columns)]
    yield ["frames/s", _rate(tenths), _rate(tenths[:1]), _rate(tenths[-1:])]
    for part, title in PARTS.items():
        samples = [[frame[part] for frame in column] for column in columns]
        yield [f"{title}, ms (median)", *(f"{median(column):.1f}" if column else "–" for column in samples)]
    yield ["the page's heap, MB", "", *(f"{entry.heap_bytes / 1e6:.1f}" for entry in (memory[0], memory[-1]))]
    yield ["Chromium's memory, MB", "", *(f"{entry.processes_bytes / 1e6:.1f}" for entry in (memory[0], memory[-1]))]


def _rate(tenths: list[list[Frame]]) -> str:
    """Frames per second within `tenths`, without the memory readings between them."""
    spans = [(len(frames) - 1, frames[-1]["at"] - frames[0]["at"]) for frames in tenths if len(frames) >= LEAST]
    return f"{1000 * sum(gaps for gaps, _ in spans) / sum(length for _, length in spans):.1f}" if spans else "–"


if __name__ == "__main__":
    run_command(main)
