"""The report in a real browser: at a phone's width and a desktop's, by mouse, in light and dark."""

import html
import itertools
import re
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from benchmark_runs import not_run, parsed, row, run
from PIL import Image
from report_runs import PHOTOS, report_run

from benchmarks.records.pivot import by_system
from benchmarks.report import render
from pix2phone.artefacts import write_json
from pix2phone.pictures import read_picture, write_picture
from web_demo.browser import chromium

pytestmark = pytest.mark.browser

Record = dict[str, Any]
Open = Callable[..., Any]
WIDTHS = (390, 1440)
# Rectangles of all words that are drawn, in each visible SVG.
WORDS = """[...document.querySelectorAll("svg")].filter((svg) => svg.checkVisibility()).map((svg) =>
  [...svg.querySelectorAll("text")].map((word) => [word.textContent, word.getBoundingClientRect()])
    .map(([text, box]) => [text, box.left, box.top, box.right, box.bottom]))"""
COLUMN = """[...document.querySelectorAll("table.sortable")[0].querySelectorAll("tbody:not([hidden]) tr")]
  .filter((row) => row.cells.length > 3).map((row) => row.cells[2].dataset.value)"""
DECODED = """Promise.all([...document.images].map((image) => { image.loading = "eager"; return image.decode(); }))
  .then(() => true)"""


@pytest.fixture(scope="module")
def record() -> Record:
    return report_run()


@pytest.fixture(scope="module")
def folder(record: Record, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("page")
    y, x = np.mgrid[:96, :128]
    for index, (name, kind) in enumerate(itertools.product(PHOTOS, ("photo", "a", "b"))):
        picture = np.stack([x + 20 * index, 2 * y, np.full_like(x, 40 * index)], axis=-1).astype(np.uint8)
        write_picture(folder / "pictures" / f"{name}-{kind}.jpg", picture)
    write_json(folder / "benchmarks.json", record)
    about = {"runtime": "LiteRT.js", "size": {"width": 512, "height": 512}, "threads": 1}
    web = run(row([5.0, 6.0], **about, backend="wasm"), not_run("no WebGPU adapter", **about, system="GPU"), by="web")
    write_json(folder / "web.json", web | {"settings": web["settings"] | {"sizes": [about["size"]]}})
    render.write(folder, [folder / "web.json"])
    return folder


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as started:
        yield started


@pytest.fixture
def opened(browser: Any, folder: Path) -> Iterator[Open]:
    """Opens the report at a width in CSS pixels; what its console or scripts complain of fails the test."""
    problems: list[str] = []

    def show(width: int, dark: bool = False) -> Any:
        # As a phone, a page that fits no narrow window is laid out wider than it.
        page = browser.new_page(viewport={"width": width, "height": 900}, is_mobile=width < 600)
        page.on("console", lambda message: problems.extend([message.text] if message.type == "error" else []))
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.emulate_media(color_scheme="dark" if dark else "light")
        page.goto((folder / render.PAGE).as_uri())
        page.wait_for_selector(".stage")  # hidden until its pictures are chosen
        page.evaluate(DECODED)
        return page

    yield show
    for context in browser.contexts:
        context.close()
    assert not problems


def test_a_row_that_was_not_run_says_in_which_runtime(opened: Open, folder: Path) -> None:
    line = opened(1440).locator("table.sortable").first.locator("tr", has_text="not run")
    name, runtime, reason = "small, float16", "Core ML", "not run: Core ML predicts only on macOS"
    assert line.inner_text().split("\t") == [name, runtime, reason]
    assert f"| {name} | {runtime}, {reason} |" in (folder / render.MARKDOWN).read_text(encoding="utf-8")


def test_on_a_phone_the_reason_of_a_row_that_was_not_run_is_seen_whole(opened: Open) -> None:
    cell = opened(390).locator("table.sortable").first.locator("td.problem")
    assert cell.inner_text().split("\n") == ["Core ML", "not run: Core ML predicts only on macOS"]
    box = cell.locator("span").bounding_box()
    assert box["x"] + box["width"] <= 390


def test_the_page_says_when_others_disturbed_the_run(record: Record, folder: Path) -> None:
    said = "others used the processor"
    pages = [render.page(by_system(parsed(record | {"disturbed": was})), folder / "pictures") for was in (False, True)]
    assert [said in page for page in pages] == [False, True]


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("dark", [False, True])
def test_the_page_fits_and_no_words_lie_on_each_other(opened: Open, width: int, dark: bool) -> None:
    page = opened(width, dark)
    assert page.evaluate("document.documentElement.scrollWidth") == width
    drawings = page.evaluate(WORDS)
    assert len(drawings) == 4 and all(drawings)  # one drawing of each plot
    for words in drawings:
        for (first, *a), (second, *b) in itertools.combinations(words, 2):
            apart = a[2] <= b[0] + 1 or b[2] <= a[0] + 1 or a[3] <= b[1] + 1 or b[3] <= a[1] + 1
            assert apart, f"{first!r} lies on {second!r}"
    shot = pixels(page.screenshot(full_page=True))
    assert shot.shape[1] == width and (np.median(shot) < 60) == dark


def test_a_heading_sorts_up_then_down_then_as_it_was(opened: Open) -> None:
    page = opened(1440)
    before = page.evaluate(COLUMN)
    known = [float(value) for value in before if value]
    orders = []
    for _ in range(3):
        page.locator("table.sortable").first.locator("thead button").nth(2).click()
        orders.append([float(value) for value in page.evaluate(COLUMN) if value])
    assert orders == [sorted(known), sorted(known, reverse=True), known]
    assert page.evaluate(COLUMN) == before


def pixels(png: bytes) -> np.ndarray:
    """A screenshot, (height, width, 3) of uint8."""
    return np.array(Image.open(BytesIO(png)).convert("RGB"))


def seen(page: Any) -> np.ndarray:
    """What the viewer shows now."""
    return pixels(page.locator(".stage").screenshot())


def drag(page: Any, start: float, end: float) -> None:
    """From one share of the stage's width to another, at a quarter of its height."""
    page.locator(".stage").scroll_into_view_if_needed()
    box = page.locator(".stage").bounding_box()
    y = box["y"] + box["height"] / 4
    page.mouse.move(box["x"] + start * box["width"], y)
    page.mouse.down()
    page.mouse.move(box["x"] + end * box["width"], y)
    page.mouse.up()


@pytest.mark.parametrize("width", WIDTHS)
def test_the_slider_shows_the_photo_at_its_left_and_the_painted_one_at_its_right(
    opened: Open, folder: Path, width: int
) -> None:
    page = opened(width)
    photo, painted = (read_picture(folder / "pictures" / f"second-{kind}.jpg") for kind in ("photo", "b"))
    for share in (0.5, 0.2, 0.8):
        drag(page, 0.5, share)
        shot = seen(page)
        height, across = shot.shape[:2]
        large = [np.array(Image.fromarray(picture).resize((across, height))) for picture in (photo, painted)]
        row, line = height // 4, round(share * across)
        strips = (np.s_[row, across // 20 : line - 30], 0), (np.s_[row, line + 30 : -across // 20], 1)
        for place, version in strips:
            apart = [np.abs(shot[place].astype(int) - picture[place]).mean() for picture in large]
            assert apart[version] < 4 < apart[1 - version]


def test_zoom_enlarges_and_the_picture_can_be_moved_but_not_off_the_stage(opened: Open, folder: Path) -> None:
    page = opened(1440)
    page.click('[data-zoom="4"]')
    before = seen(page)
    drag(page, 0.1, 0.4)
    assert np.abs(before.astype(int) - seen(page)).mean() > 2
    for _ in range(8):
        drag(page, 0.02, 0.48)
    x = page.evaluate("getComputedStyle(document.querySelector('.stage')).getPropertyValue('--x')")
    assert float(x.removesuffix("px")) == 0  # the left edge stays at the left edge
    picture = read_picture(folder / "pictures" / "second-photo.jpg")
    spread = np.abs(np.diff(seen(page)[20, 20:200, 0].astype(int))).mean()
    assert spread < np.abs(np.diff(picture[20, :, 0].astype(int))).mean() / 2


def test_another_photo_and_other_versions_can_be_chosen(opened: Open) -> None:
    page = opened(1440)
    shown = "[...document.querySelectorAll('.stage img')].map((image) => image.alt)"
    assert page.evaluate(shown) == ["second: photo", "second: small, int8 · LiteRT"]
    page.locator(".reel button").first.click()
    page.wait_for_selector('.stage img[alt="first photo: photo"]')
    page.locator(".pick").first.select_option(index=1)
    assert page.evaluate(shown)[0] == "first photo: target"


def test_the_page_says_that_phones_were_estimated_and_where_figures_come_from(folder: Path, record: Record) -> None:
    page = html.unescape((folder / render.PAGE).read_text(encoding="utf-8"))
    assert "An estimate" in page
    for chip in record["estimates"]["phones"]:
        assert chip["reckoning"] in page
        for source in chip["sources"]:
            assert re.search(rf'href="{re.escape(source["url"])}"[^>]*>[^<]*</a> \({source["kind"]}\)', page)
    assert "−44 %" in page


def test_other_devices_stand_apart_with_their_names(opened: Open) -> None:
    page = opened(1440)
    tables = page.locator('section[aria-labelledby="elsewhere"] table')
    assert tables.count() == 1 and "Pixel 9, Android 16, in a browser" in page.content()
    cells = [row.replace("\N{NO-BREAK SPACE}", " ").split("\t") for row in tables.inner_text().splitlines()]
    assert ["small, int8", "LiteRT.js, wasm", "5.50 ms", "147 kB"] in cells
    assert cells[-1][-1] == "not run: no WebGPU adapter"


def test_plots_are_there_as_png_in_the_pages_light_colours(folder: Path) -> None:
    for name in render.PLOTS.values():
        plot = read_picture(folder / name)
        assert min(plot.shape[:2]) > 300
        assert tuple(plot[0, 0]) == (0xFA, 0xF8, 0xF4)  # --paper
        assert (plot[..., 1].astype(int) - plot[..., 0] > 40).sum() > 50  # LiteRT's green
