"""The page in real Chromium: it loads, paints, compares, saves, and says one sentence when something is wrong."""

from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from web_page import facts, message, painted, settle

from convert.gate.parity import cut_pictures
from convert.runtimes.open import open_runtime
from pix2phone.pictures import read_picture
from train.data.photos import PHOTOS_DIR, builtin
from train.metrics import psnr

pytestmark = pytest.mark.browser

FIRST_PAINT = 200_000  # bytes
SIZES = ((97, 61), (413, 531), (1100, 2000))  # the last one goes by tiles


def png(picture: np.ndarray, name: str = "photo.png") -> dict[str, Any]:
    file = BytesIO()
    Image.fromarray(picture).save(file, "PNG")
    return {"name": name, "mimeType": "image/png", "buffer": file.getvalue()}


def test_first_paint_is_light_and_everything_comes_from_the_folder(page: Any, address: str, site: Path) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.context.route("**/vendor/**", lambda route: route.abort())
    page.goto(address)
    page.wait_for_function("() => document.getElementById('first').naturalWidth > 0")
    assert all(url.startswith(address) for url in asked)
    first = {url for url in asked if "/vendor/" not in url and not url.endswith(("model.tflite", "files.js", "sw.js"))}
    names = {url.removeprefix(address) or "index.html" for url in first}
    names |= {
        f"js/{script.name}" for script in (site / "js").iterdir()
    }  # the worker's may come before the photo or after
    assert sum((site / name).stat().st_size for name in names) < FIRST_PAINT
    page.wrong.clear()  # what was kept from it here


def test_only_the_one_variant_is_loaded(page: Any, address: str) -> None:
    asked: list[str] = []
    page.context.on("request", lambda request: asked.append(request.url))
    page.goto(address)
    settle(page)
    loaded = {url.rsplit("/", 1)[1] for url in asked if url.endswith(".wasm")}
    assert loaded == {"litert_wasm_threaded_internal.wasm"}
    assert [url for url in asked if not url.startswith((address, f"blob:{address}"))] == []
    assert "small" in facts(page) and "threads" in facts(page)


@pytest.mark.parametrize("size", SIZES)
def test_the_painting_is_that_of_litert_in_python(opened: Any, model: Path, size: tuple[int, int]) -> None:
    (picture,) = cut_pictures(builtin("held-out")[:1], [size])
    opened.set_input_files("#file", png(picture))
    settle(opened)
    found = painted(opened)
    assert found.shape == picture.shape
    assert psnr(found, open_runtime(model)(picture)) >= 45
    assert psnr(found, picture) < 40


def test_save_gives_the_whole_painting(opened: Any, tmp_path: Path) -> None:
    opened.set_input_files("#file", png(read_picture(PHOTOS_DIR / "astronaut.jpg")[:301, :203], "my photo.png"))
    settle(opened)
    with opened.expect_download() as saving:
        opened.click("#save")
    assert saving.value.suggested_filename == "my photo-painted.jpg"
    saving.value.save_as(tmp_path / "saved.jpg")
    assert psnr(read_picture(tmp_path / "saved.jpg"), painted(opened)) > 30


def test_half_a_painting_cannot_be_saved(opened: Any) -> None:
    opened.evaluate(
        """() => {
          window.could = [];
          const look = () => could.push([message.textContent, !save.disabled]);
          new MutationObserver(look).observe(message, { childList: true });
        }"""
    )
    opened.click("[data-photo=red-panda]")
    settle(opened)
    assert ["Painting…", False] in opened.evaluate("could") and ["Painting…", True] not in opened.evaluate("could")
    assert opened.is_enabled("#save")


def test_a_long_strip_is_not_stretched(opened: Any) -> None:
    opened.set_input_files("#file", png(np.full((40, 800, 3), (200, 30, 30), np.uint8)))
    settle(opened)
    shot = np.array(Image.open(BytesIO(opened.locator("#stage").screenshot())).convert("RGB")).astype(int)
    red = shot[:, shot.shape[1] // 10, 0] - shot[:, shot.shape[1] // 10, 1] > 80
    assert red.sum() == pytest.approx(shot.shape[1] * 40 / 800, abs=4)


def test_slider_and_compare_by_keyboard(opened: Any) -> None:
    clip = "getComputedStyle(document.getElementById('painted')).clipPath"
    opened.focus("#split")
    opened.keyboard.press("End")
    assert opened.evaluate(clip) == "inset(0px 0px 0px 100%)"
    assert opened.get_attribute("#split", "aria-valuetext") == "0 % painted"
    opened.keyboard.press("Home")
    opened.keyboard.press("ArrowRight")
    assert opened.evaluate(clip) == "inset(0px 0px 0px 1%)"
    opened.focus("#hold")
    opened.keyboard.down("Space")
    assert opened.evaluate(clip) == "inset(0px 0px 0px 100%)"
    opened.keyboard.up("Space")
    assert opened.evaluate(clip) == "inset(0px 0px 0px 1%)"


def test_bad_pictures_are_one_sentence_and_the_page_lives_on(opened: Any) -> None:
    before = painted(opened)
    huge = BytesIO()
    Image.new("L", (12_000, 9_000), 128).save(huge, "PNG")
    bad = {
        "note.jpg": (b"a text file", "note.jpg is no picture that this browser can read; try a JPEG or PNG."),
        "huge.png": (huge.getvalue(), "This photo has 108 megapixels; this page takes up to 50."),
    }
    for name, (content, sentence) in bad.items():
        opened.set_input_files("#file", {"name": name, "mimeType": "image/jpeg", "buffer": content})
        opened.wait_for_function("text => document.getElementById('message').textContent === text", arg=sentence)
        assert np.array_equal(painted(opened), before)
    opened.set_input_files("#file", png(np.full((1, 1, 3), 200, np.uint8)))
    settle(opened)
    assert painted(opened).shape == (1, 1, 3) and message(opened) == ""


def test_what_is_asked_last_is_what_is_shown(opened: Any) -> None:
    """Of photos that are asked for faster than they are painted; none is shown twice, and a bad one between is no matter."""
    said = []
    opened.expose_function("heard", lambda text: said.append(text))
    opened.evaluate(
        "() => new MutationObserver(() => heard(message.textContent)).observe(message, { childList: true })"
    )
    for name in ("red-panda", "astronaut", "neuschwanstein", "red-panda", "astronaut"):
        opened.evaluate("name => document.querySelector(`[data-photo=${name}]`).click()", name)
    settle(opened)
    assert painted(opened).shape == (512, 512, 3)
    pressed = opened.locator("[data-photo][aria-pressed=true]")
    assert pressed.count() == 1 and pressed.get_attribute("data-photo") == "astronaut"
    assert 1 <= said.count("Painting…") <= 2


def test_a_photo_that_does_not_come_is_one_sentence(opened: Any) -> None:
    opened.context.route("**/photos/red-panda.webp", lambda route: route.abort())
    opened.context.set_offline(True)
    opened.evaluate("() => caches.keys().then((names) => Promise.all(names.map((name) => caches.delete(name))))")
    opened.click("[data-photo=red-panda]")
    settle(opened)
    assert message(opened) == "This photo could not be loaded; look at your connection."
    opened.wrong.clear()  # what the browser says of it


def test_photos_are_upright(opened: Any, tmp_path: Path) -> None:
    turned = Image.Exif()
    turned[0x0112] = 6  # taken with the phone upright: to be turned by a quarter
    Image.new("RGB", (80, 40), (200, 30, 30)).save(tmp_path / "upright.jpg", exif=turned)
    opened.set_input_files("#file", tmp_path / "upright.jpg")
    settle(opened)
    assert painted(opened).shape == (80, 40, 3)


@pytest.mark.parametrize("damage", ["text", "cut", "scrambled"])
def test_a_broken_model_is_one_sentence(page: Any, address: str, model: Path, damage: str) -> None:
    content = bytearray(model.read_bytes())
    content[: len(content) // 2] = np.random.default_rng(0).bytes(len(content) // 2)
    content[4:8] = b"TFL3"
    bodies = {"text": b"a text file", "cut": model.read_bytes()[:9000], "scrambled": bytes(content)}
    page.context.route("**/model.tflite", lambda route: route.fulfill(body=bodies[damage]))
    page.goto(address)
    settle(page)
    assert ".tflite" in message(page)
    assert page.is_disabled("#open") and page.is_visible("#first")


@pytest.mark.parametrize(("fact", "instead"), [(b'"multiple": 4', b'"multiple": 0'), (b'"reach": 16', b'"reach": -1')])
def test_a_model_that_would_send_tiles_in_circles_is_refused(
    page: Any, address: str, model: Path, fact: bytes, instead: bytes
) -> None:
    content = model.read_bytes()
    assert content.count(fact) == 1
    page.context.route("**/model.tflite", lambda route: route.fulfill(body=content.replace(fact, instead)))
    page.goto(address)
    settle(page)
    assert message(page) == "This file does not say which sizes it takes; make it with python -m convert."


def test_paste_and_drop(opened: Any) -> None:
    picture = np.full((40, 24, 3), 90, np.uint8)
    for kind, carrier in (("paste", "clipboardData"), ("drop", "dataTransfer")):
        opened.evaluate(
            """async ([kind, carrier, bytes]) => {
              const data = new DataTransfer();
              data.items.add(new File([Uint8Array.from(bytes)], "given.png", { type: "image/png" }));
              document.dispatchEvent(kind === "paste" ? new ClipboardEvent(kind, { [carrier]: data, bubbles: true })
                : new DragEvent(kind, { [carrier]: data, bubbles: true, cancelable: true }));
            }""",
            [kind, carrier, list(png(picture)["buffer"])],
        )
        opened.wait_for_function("h => document.getElementById('painted').height === h", arg=len(picture))
        settle(opened)
        assert painted(opened).shape == picture.shape
        picture = picture[:-8]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_all_of_it_is_in_view_and_readable_on_every_screen(opened: Any, scheme: str) -> None:
    opened.emulate_media(color_scheme=scheme)
    for width, height in ((360, 640), (640, 360), (768, 1024), (1024, 768), (1440, 900)):
        opened.set_viewport_size({"width": width, "height": height})
        beyond = opened.evaluate(
            "() => [document.body.scrollWidth - innerWidth, document.body.scrollHeight - innerHeight]"
        )
        assert max(beyond) <= 0, (width, height, beyond)
        boxes = [opened.locator(f"#{name}").bounding_box() for name in ("stage", "camera", "save", "facts")]
        for box in boxes:
            assert box["x"] >= 0 and box["x"] + box["width"] <= width
            assert box["y"] >= 0 and box["y"] + box["height"] <= height + 0.5
        assert boxes[0]["width"] * boxes[0]["height"] > 0.2 * width * height  # the picture is the page
    ink, paper = opened.evaluate(
        "() => { const s = getComputedStyle(document.body); return [s.color, s.backgroundColor]; }"
    )
    assert _contrast(ink, paper) > 7


def test_the_picture_stays_where_it_is_when_something_is_said(opened: Any) -> None:
    for width, height in ((360, 640), (640, 360), (1440, 900)):
        opened.set_viewport_size({"width": width, "height": height})
        before = opened.locator("#stage").bounding_box()
        opened.evaluate("() => (message.textContent = 'note.jpg is no picture that this browser can read.')")
        assert all(abs(opened.locator("#stage").bounding_box()[side] - before[side]) < 1 for side in before)
        opened.evaluate("() => (message.textContent = '')")


def _contrast(first: str, second: str) -> float:
    """Of two CSS colours, by WCAG 2."""
    lights = []
    for colour in (first, second):
        parts = np.array([int(part) for part in colour.strip("rgb()").split(",")]) / 255
        linear = np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
        lights.append(float(linear @ [0.2126, 0.7152, 0.0722]))
    return (max(lights) + 0.05) / (min(lights) + 0.05)
