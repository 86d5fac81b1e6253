"""A lighter model beside the model: the live view goes over to it where frames take too long, photos do not."""

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from web_page import facts, settle

from convert.runtimes.open import open_runtime
from pix2phone.errors import UserError
from train.metrics import psnr
from web_demo.serve import served
from web_demo.site import build

pytestmark = pytest.mark.browser

# To the page everything takes 20 times as long as it does.
SLOW = "{ const now = performance.now.bind(performance); performance.now = () => now() * 20; }"
COUNT = "() => { window.frames_seen = 0; stage.addEventListener('frame', () => (window.frames_seen += 1)); }"
SEEN = "count => window.frames_seen >= count"
BY_LIGHT = "() => facts.textContent.startsWith('nano')"
FRAME = """async ([rgba, side, light]) => {
  const { Painter } = await import("./js/painter.js");
  const painter = new Painter(() => {});
  await painter.open(new URL("model.tflite", location.href).href);
  const pixels = Uint8ClampedArray.from(rgba);
  const { painted } = await painter.paintFrame(await createImageBitmap(new ImageData(pixels, side, side)), false, light);
  return [...painted];
}"""


@pytest.fixture
def site_with_light(model: Path, light: Path, tmp_path: Path) -> Path:
    shutil.copyfile(model, tmp_path / "model.tflite")
    shutil.copyfile(light, tmp_path / "light.tflite")
    return build(tmp_path / "model.tflite", tmp_path / "dist")


def start_slow(page: Any, address: str) -> None:
    page.add_init_script(SLOW)
    page.goto(address)
    settle(page)
    page.evaluate(COUNT)
    page.click("#camera")


def test_slow_frames_go_to_the_lighter_model_and_photos_do_not(page: Any, site_with_light: Path) -> None:
    with served(site_with_light) as address:
        start_slow(page, address)
        page.wait_for_function(BY_LIGHT)
        page.click("[data-photo=astronaut]")
        settle(page)
        assert facts(page).startswith("small painterly")
        page.click("#camera")  # what was found out holds for this visit
        page.wait_for_function(BY_LIGHT)
        assert page.evaluate("window.frames_seen") > 30


def test_another_look_is_left_alone(page: Any, site_with_light: Path) -> None:
    """As after another model was copied onto model.tflite."""
    file = site_with_light / "model.tflite"
    file.write_bytes(file.read_bytes().replace(b'["painterly"]', b'["pointless"]'))
    with served(site_with_light) as address:
        start_slow(page, address)
        page.wait_for_function(SEEN, arg=60)
        page.wait_for_function("() => facts.textContent.includes('frames/s')")
        assert facts(page).startswith("small painterly")


def test_each_paints_as_its_file_does(page: Any, site_with_light: Path, model: Path, light: Path) -> None:
    picture = np.random.default_rng(0).integers(0, 256, (64, 64, 4), np.uint8)
    picture[:, :, 3] = 255
    with served(site_with_light) as address:
        page.goto(address)
        settle(page)
        for file, wanted in ((model, False), (light, True)):
            made = page.evaluate(FRAME, [picture.ravel().tolist(), 64, wanted])
            found = np.array(made, np.uint8).reshape(64, 64, 4)[:, :, :3]
            assert psnr(found, open_runtime(file)(np.ascontiguousarray(picture[:, :, :3]))) >= 45


def test_a_lighter_model_that_is_none_is_refused(model: Path, tmp_path: Path) -> None:
    shutil.copyfile(model, tmp_path / "model.tflite")
    (tmp_path / "light.tflite").write_bytes(b"a text file")
    with pytest.raises(UserError, match=r"light.tflite: "):
        build(tmp_path / "model.tflite", tmp_path / "dist")
    assert not (tmp_path / "dist").exists()
