"""Each .tflite file on each backend of LiteRT.js in a browser, run as by the page, timed in turn."""

import base64
import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from functools import partial
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, NamedTuple

from PIL import Image, ImageOps

from benchmarks.records.base import PictureSize
from benchmarks.records.row import Row
from benchmarks.records.run import FORMAT, Hardware, NetworkFile, Run
from benchmarks.systems.system import sha256, size_in_bytes
from benchmarks.timing import machine
from benchmarks.timing.protocol import BenchmarkPlan, Turn, take_turns
from benchmarks.timing.statistics import summary
from convert.metadata import read_tflite_metadata
from pix2phone.console import say
from pix2phone.errors import UserError, first_line
from pix2phone.pictures import read_picture
from pix2phone.processor import in_webassembly
from train.data.photos import builtin
from web_demo.browser import chromium, has_relaxed_simd
from web_demo.serve import served
from web_demo.site import PACKAGES, build

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

PRECISIONS = ("float32", "float16", "dynamic", "int8")
HAS_GPU = "async () => Boolean(await navigator.gpu?.requestAdapter())"
OPEN = """async ([model, wanted]) => {
  const { Painter } = await import("./js/painter.js");
  window.painter = new Painter(() => {});
  const began = performance.now();
  const { threads } = await painter.open(new URL(model, location.href).href, wanted);
  return [performance.now() - began, threads];
}"""
LOAD = """({ base64, width, height }) => {
  const rgba = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  return painter.ask({ load: { rgba, width, height } });
}"""
TURN = "() => painter.ask({ turn: true })"


class Way(NamedTuple):
    """One way of running a file: threads need an isolated page; `wanted` is the backend asked of js/runtime.js."""

    name: str
    backend: str
    isolated: bool
    wanted: str


WAYS = (
    Way("wasm", "wasm", False, "wasm"),
    Way("wasm threads", "wasm", True, "wasm"),
    Way("WebGPU", "WebGPU", True, "webgpu"),
)


def measure_web(models: list[Path], plan: BenchmarkPlan) -> Run:
    """Time `models` in the installed Chromium; a run of schema.json. UserError without a browser or model."""
    if not models:
        raise UserError("--device web: no .tflite file to time; make one with python -m convert, or name --system")
    made = datetime.now(UTC).isoformat(timespec="seconds")
    photo = builtin("held-out")[0]
    rows: list[Row] = []
    with TemporaryDirectory() as folder, chromium() as browser:
        site = build(models[0], Path(folder) / "site")
        with served(site) as isolated, served(site, isolated=False) as plain:
            for size in plan.sizes:
                stage = BrowserStage(browser, {True: isolated, False: plain}, plan)
                rows += stage.run(models, size, _picture(photo, size))
            with _tab(browser, isolated, models[0]) as tab:
                relaxed = has_relaxed_simd(tab)
        about = machine.this_machine()
        about.versions |= {"Chromium": browser.version, "LiteRT.js": _litert_version()}
    settings = plan.turn_settings()
    settings.picture = photo.name
    return Run(
        format=FORMAT,
        by="web",
        made=made,
        hardware=Hardware.model_validate(in_webassembly(about.hardware.plain(), relaxed)),
        os=about.os,
        versions=about.versions,
        settings=settings,
        files={model.name: NetworkFile(bytes=size_in_bytes(model), sha256=sha256(model)) for model in models},
        rows=rows,
    )


class BrowserStage:
    """One size: every file in each of `WAYS` has a tab of its own, and they take turns."""

    def __init__(self, browser: "Browser", addresses: dict[bool, str], plan: BenchmarkPlan) -> None:
        self.browser, self.addresses, self.plan = browser, addresses, plan

    def run(self, models: list[Path], size: int, picture: dict[str, Any]) -> list[Row]:
        """One row per tab."""
        rows: dict[str, Row] = {}
        turns: dict[str, Turn] = {}
        with ExitStack() as tabs:
            for model, way in product(models, WAYS):
                row = _row(model, way, size)
                rows[row.system] = row
                try:
                    tab = tabs.enter_context(_tab(self.browser, self.addresses[way.isolated], model))
                    if _open(tab, way, picture, row):
                        turns[row.system] = partial(_turn, tab)
                except Exception as error:  # errors of the page, the browser or the driver
                    _fail(row, error)
            name = f"timing at {size} px in Chromium"
            timings = take_turns(turns, self.plan.iterations_at(size), self.plan, name)
        for key, timing in timings.items():
            if timing.failure:
                _fail(rows[key], timing.failure)
            else:
                samples = [round(seconds * 1000, 4) for seconds in timing.samples]
                rows[key].samples_ms, rows[key].statistics_ms = samples, summary(samples, self.plan.trim_percent)
        return list(rows.values())


def _open(tab: "Page", way: Way, picture: dict[str, Any], row: Row) -> bool:
    """Load the network and run it once, recorded in `row`; False if the browser lacks the backend."""
    if way.backend == "WebGPU" and not tab.evaluate(HAS_GPU):
        row.status, row.reason = "not run", "no WebGPU adapter"
        return False
    row.load_ms, threads = tab.evaluate(OPEN, ["model.tflite", way.wanted])
    if way.backend == "wasm":
        row.threads = threads
    row.first_ms = tab.evaluate(LOAD, picture)
    return True


def _row(model: Path, way: Way, size: int) -> Row:
    kind = model.stem.removeprefix("model-")
    return Row(
        system=f"{model.name} {way.name}",
        model=read_tflite_metadata(model)["model"],
        group="made",
        runtime="LiteRT.js",
        precision=kind if kind in PRECISIONS else "as made",
        backend=way.backend,
        file=model.name,
        bytes=size_in_bytes(model),
        size=PictureSize.square(size),
        status="measured",
    )


def _fail(row: Row, error: Exception) -> None:
    row.status, row.reason = "failed", first_line(error)
    say(f"failed: {row.system}: {row.reason}")


def _turn(tab: "Page") -> float:
    return tab.evaluate(TURN) / 1000


@contextmanager
def _tab(browser: "Browser", address: str, model: Path) -> Iterator["Page"]:
    """Open an empty page of the site in a tab, with `model` served in place of the site's own."""
    with browser.new_context(service_workers="block") as context:
        context.route("**/model.tflite", lambda route: route.fulfill(path=model))
        tab = context.new_page()
        tab.goto(f"{address}files.js")
        yield tab


def _picture(photo: Path, size: int) -> dict[str, Any]:
    fitted = ImageOps.fit(Image.fromarray(read_picture(photo)), (size, size), Image.Resampling.LANCZOS)
    return {"base64": base64.b64encode(fitted.convert("RGBA").tobytes()).decode(), "width": size, "height": size}


def _litert_version() -> str:
    return json.loads((PACKAGES / "core" / "package.json").read_text())["version"]
