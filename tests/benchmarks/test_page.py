"""The report in a real browser: at a phone's width and a desk's, by mouse, in light and dark."""

import html
import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from benchmark_runs import not_run, row, run
from browser import Browser, browser_path
from PIL import Image

from benchmarks import report
from benchmarks.by_system import by_system
from benchmarks.fidelity import MEASURES
from benchmarks.paper import TABLE_2
from benchmarks.pareto import front
from benchmarks.roofline import chips
from pix2phone.artefacts import write_json
from pix2phone.pictures import read_picture, write_picture

Record = dict[str, Any]
WIDTHS = (390, 1440)
PHOTOS = ("first-photo", "second")
# Rectangles of all words that are drawn, in each visible SVG.
WORDS = """[...document.querySelectorAll("svg")].filter((svg) => svg.checkVisibility()).map((svg) =>
  [...svg.querySelectorAll("text")].map((word) => [word.textContent, word.getBoundingClientRect()])
    .map(([text, box]) => [text, box.left, box.top, box.right, box.bottom]))"""
COLUMN = """[...document.querySelectorAll("table.sortable")[0].querySelectorAll("tbody:not([hidden]) tr")]
  .filter((row) => row.cells.length > 3).map((row) => row.cells[2].dataset.value)"""


def timed(system: str, ms: float, size: int, **about: Any) -> list[Record]:
    """Rows of one system at both sizes, each run a little slower than the one before."""
    samples = [ms * (1 + 0.01 * (index % 7)) for index in range(20)]
    beside = {"system": system, "size": {"width": size, "height": size}, "ratio": 1400 / ms, "bytes": 147_000}
    return [row(samples, **{"file": "model-int8.tflite", **beside, **about})]


def judged(psnr: float, kind: str) -> Record:
    """Means with errors, and pictures of both photos."""
    means = dict.fromkeys(MEASURES, 0.5) | {"psnr": psnr, "ssim": 0.93, "gradient_error": 4.2}
    figures = means | {"errors": dict.fromkeys(MEASURES, 0.01), "photos": [{"name": n, "psnr": psnr} for n in PHOTOS]}
    return {"fidelity": figures, "pictures": {name: f"{name}-{kind}.jpg" for name in PHOTOS}}


@pytest.fixture(scope="module")
def record() -> Record:
    """One of each: timed and judged systems, one that was not run, a profile, an estimate, a curve."""
    rows = []
    for size in (256, 512):
        paper = {"group": "paper", "model": "unet-resnet18", "precision": "float32", "runtime": "torch"}
        rows += timed("unet", 1400.0, size, **paper, bytes=125_000_000)
        rows += timed("float32", 12.0, size, precision="float32", bytes=524_000)
        curve = [{"at_s": 15.0 * i, "median_ms": 3.6 + 0.05 * i, "runs": 9} for i in range(1, 21)]
        rows += timed("int8", 3.6, size, **({"sustained": curve, "throttled": True} if size == 512 else {}))
        rows += timed("onnx", 4.4, size, runtime="onnxruntime", bytes=144_000)
        about = {
            "runtime": "Core ML",
            "precision": "float16",
            "backend": "any",
            "size": {"width": size, "height": size},
        }
        rows.append(not_run("Core ML predicts only on macOS", system="Core ML", **about))
    layers = [
        {
            "name": f"layer_{i}",
            "kind": "CONV_2D",
            "shape": [1, 128, 128, 48],
            "macs": 10**8 * i,
            "bytes": 10,
            "ms": 0.1 * i,
        }
        for i in range(25)
    ]
    profile = {
        "system": "int8",
        "label": "student, int8 · LiteRT",
        "method": "cuts",
        "total_ms": 30.0,
        "layers": layers,
    }
    profile |= {"size": {"width": 512, "height": 512}}
    checked = {
        "gmacs": 2.1,
        "megabytes": 41.0,
        "roofline_ms": 2.0,
        "measured_ms": 3.6,
        "error_percent": -44.4,
        "factor": 1.8,
    }
    phones = [chip | {"ms": {"int8": {"roofline": 11.0, "scaled": 19.8}}} for chip in chips()]
    desk = {"gmacs": {"int8": 700.0, "float32": 150.0}, "gbytes": 30.0}
    shown = [{"name": name, "credit": "by nobody", "target": f"{name}-a.jpg"} for name in PHOTOS]
    about = {"data": "tests", "photos": 2, "of": 2, "longest": 96, "not_run": {"KID": "no weights"}, "shown": shown}
    return run(
        *rows,
        by="desk",
        hardware={"cpu": "a processor", "instructions": ["avx2"], "cores": 2},
        settings={"sizes": [{"width": size, "height": size} for size in (256, 512)], "iterations": [20, 20]}
        | {"trim_percent": 5.0, "warm_ups": 1, "threads": 2, "seconds": 2.0, "quick": True},
        fidelity={"float32": judged(31.1, "a"), "int8": judged(31.2, "b"), "onnx": judged(31.15, "b")}
        | {"photo": judged(23.4, "photo")},
        held_out=about,
        paper=TABLE_2,
        stages={
            "curves": {"trained": [{"seconds": 60.0 * i, "loss": 1 / (i + 1), "psnr": 20.0 + i} for i in range(5)]}
        },
        profiles=[profile],
        estimates={"size": {"width": 512, "height": 512}, "threads": 2, "desk": desk}
        | {"systems": {"int8": checked}, "phones": phones},
    )


@pytest.fixture(scope="module")
def folder(record: Record, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("page")
    y, x = np.mgrid[:96, :128]
    for index, (name, kind) in enumerate(itertools.product(PHOTOS, ("photo", "a", "b"))):
        picture = np.stack([x + 20 * index, 2 * y, np.full_like(x, 40 * index)], axis=-1).astype(np.uint8)
        write_picture(folder / "pictures" / f"{name}-{kind}.jpg", picture)
    write_json(folder / "benchmarks.json", record)
    report.write(folder)
    return folder


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if browser_path() is None:
        pytest.skip("not run: no Chromium on PATH")
    with Browser() as found:
        yield found


def test_the_front_holds_what_no_other_file_beats_at_everything(record: Record) -> None:
    seen = by_system(record)
    assert front(seen) == ["int8", "onnx"]  # the smallest; float32 is slower, larger and farther than either
    twins = [row for row in seen["rows"] if row["key"] == "int8"]
    assert front(seen | {"rows": [*seen["rows"], twins[0] | {"key": "twin"}]}) == ["int8", "twin", "onnx"]
    larger = twins[0] | {"key": "larger", "bytes": 200_000}
    assert "larger" not in front(seen | {"rows": [*seen["rows"], larger]})


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("dark", [False, True])
def test_the_page_fits_and_no_words_lie_on_each_other(
    browser: Browser, folder: Path, tmp_path: Path, width: int, dark: bool
) -> None:
    browser.open(folder / report.PAGE, width, dark=dark)
    assert browser.ask("document.documentElement.scrollWidth") == width
    drawings = browser.ask(WORDS)
    assert len(drawings) == 4 and all(drawings)  # one drawing of each plot
    for words in drawings:
        for (first, *a), (second, *b) in itertools.combinations(words, 2):
            apart = a[2] <= b[0] + 1 or b[2] <= a[0] + 1 or a[3] <= b[1] + 1 or b[3] <= a[1] + 1
            assert apart, f"{first!r} lies on {second!r}"
    assert not browser.problems
    browser.screenshot(tmp_path / "page.png")
    shot = read_picture(tmp_path / "page.png")
    assert shot.shape[1] == width and (np.median(shot) < 60) == dark


def test_a_heading_sorts_up_then_down_then_as_it_was(browser: Browser, folder: Path) -> None:
    browser.open(folder / report.PAGE, 1440)
    click = """document.querySelectorAll("table.sortable thead")[0].rows[0].cells[2].querySelector("button").click()"""
    before = browser.ask(COLUMN)
    known = [float(value) for value in before if value]
    orders = []
    for _ in range(3):
        browser.ask(click)
        orders.append([float(value) for value in browser.ask(COLUMN) if value])
    assert orders == [sorted(known), sorted(known, reverse=True), known]
    assert browser.ask(COLUMN) == before


def seen(browser: Browser, path: Path) -> np.ndarray:
    """What the viewer shows now."""
    browser.ask("document.querySelector('.stage').scrollIntoView({block: 'center'})")
    browser.screenshot(path, whole=False)
    left, top, right, bottom = browser.ask(
        "(({left, top, right, bottom}) => [left, top, right, bottom])(document.querySelector('.stage').getBoundingClientRect())"
    )
    return read_picture(path)[round(top) : round(bottom), round(left) : round(right)]


def drag(browser: Browser, start: float, end: float) -> None:
    """From one share of the stage's width to another, at a quarter of its height."""
    left, top, width, height = browser.ask(
        "(({left, top, width, height}) => [left, top, width, height])(document.querySelector('.stage').getBoundingClientRect())"
    )
    for kind, share in (("mousePressed", start), ("mouseMoved", end), ("mouseReleased", end)):
        browser.mouse(kind, left + share * width, top + height / 4)


@pytest.mark.parametrize("width", WIDTHS)
def test_the_slider_shows_the_photo_at_its_left_and_the_painted_one_at_its_right(
    browser: Browser, folder: Path, tmp_path: Path, width: int
) -> None:
    browser.open(folder / report.PAGE, width)
    photo, painted = (read_picture(folder / "pictures" / f"second-{kind}.jpg") for kind in ("photo", "b"))
    for share in (0.5, 0.2, 0.8):
        seen(browser, tmp_path / "shot.png")
        drag(browser, 0.5, share)
        shot = seen(browser, tmp_path / "shot.png")
        height, across = shot.shape[:2]
        large = [np.array(Image.fromarray(picture).resize((across, height))) for picture in (photo, painted)]
        row, line = height // 4, round(share * across)
        strips = (np.s_[row, across // 20 : line - 30], 0), (np.s_[row, line + 30 : -across // 20], 1)
        for place, version in strips:
            apart = [np.abs(shot[place].astype(int) - picture[place]).mean() for picture in large]
            assert apart[version] < 4 < apart[1 - version]


def test_zoom_enlarges_and_the_picture_can_be_moved_but_not_off_the_stage(
    browser: Browser, folder: Path, tmp_path: Path
) -> None:
    browser.open(folder / report.PAGE, 1440)
    browser.ask("document.querySelector('[data-zoom=\"4\"]').click()")
    before = seen(browser, tmp_path / "shot.png")
    drag(browser, 0.1, 0.4)
    moved = seen(browser, tmp_path / "shot.png")
    assert np.abs(before.astype(int) - moved).mean() > 2
    for _ in range(8):
        drag(browser, 0.02, 0.48)
    x = browser.ask("getComputedStyle(document.querySelector('.stage')).getPropertyValue('--x')")
    assert float(x.removesuffix("px")) == 0  # the left edge stays at the left edge
    picture = read_picture(folder / "pictures" / "second-photo.jpg")
    spread = np.abs(np.diff(seen(browser, tmp_path / "shot.png")[20, 20:200, 0].astype(int))).mean()
    assert spread < np.abs(np.diff(picture[20, :, 0].astype(int))).mean() / 2


def test_another_photo_and_other_versions_can_be_chosen(browser: Browser, folder: Path) -> None:
    browser.open(folder / report.PAGE, 1440)
    shown = "[...document.querySelectorAll('.stage img')].map((image) => image.alt)"
    assert browser.ask(shown) == ["second: photo", "second: student, int8 · LiteRT"]
    browser.ask("document.querySelector('.reel button').click()")
    browser.ask("new Promise((done) => setTimeout(done, 100))")
    assert browser.ask(shown)[0] == "first photo: photo"
    browser.ask(
        "(() => { const pick = document.querySelector('.pick'); pick.selectedIndex = 1; pick.dispatchEvent(new Event('change')); })()"
    )
    assert browser.ask(shown)[0] == "first photo: target"
    assert not browser.problems


def test_the_page_says_that_phones_were_estimated_and_where_figures_come_from(folder: Path, record: Record) -> None:
    page = html.unescape((folder / report.PAGE).read_text(encoding="utf-8"))
    assert "An estimate, not a measurement." in page
    for chip in record["estimates"]["phones"]:
        assert chip["reckoning"] in page
        assert all(f'href="{source["url"]}"' in page for source in chip["sources"])
    assert "−44 %" in page


def test_plots_are_there_as_png_in_the_pages_light_colours(folder: Path) -> None:
    for name in report.PLOTS.values():
        plot = read_picture(folder / name)
        assert min(plot.shape[:2]) > 300
        assert tuple(plot[0, 0]) == (0xFA, 0xF8, 0xF4)  # --paper
        assert (plot[..., 1].astype(int) - plot[..., 0] > 40).sum() > 50  # LiteRT's green
