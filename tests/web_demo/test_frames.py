"""A frame of the camera through the worker: whichever way it came in, the same bytes, and those of a photo."""

import base64
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from web_page import message, painted, settle

from convert.runtimes.open import open_runtime
from train.metrics import psnr

pytestmark = pytest.mark.browser

# [seen, painted, width, height] of the picture as each kind of frame, and its painting as a photo.
FRAMES = """async ([base64, width, height, mirror]) => {
  const { Painter } = await import("./js/painter.js");
  const painter = window.own ??= new Painter(() => {});
  if (!window.opened) window.opened = await painter.open(new URL("model.tflite", location.href).href);
  const rgba = Uint8ClampedArray.from(atob(base64), (character) => character.charCodeAt(0));
  const text = (bytes) => btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
  const bitmap = () => createImageBitmap(new ImageData(rgba.slice(), width, height));
  const options = { format: "RGBA", codedWidth: width, codedHeight: height, timestamp: 0 };
  const made = {};
  for (const [kind, frame] of [["bitmap", await bitmap()], ["frame", new VideoFrame(rgba, options)], ["again", await bitmap()]]) {
    const { seen, painted, ...sides } = await painter.paintFrame(frame, mirror);
    made[kind] = [text(seen), text(painted), sides.width, sides.height];
    painter.reuse({ seen, painted });
  }
  const photo = new Uint8ClampedArray(rgba.length);
  await painter.paint(await bitmap(), ({ top, rgba }) => photo.set(rgba, top * width * 4));
  return { ...made, photo: text(photo) };
}"""


def frames(page: Any, picture: np.ndarray, mirror: bool) -> dict[str, Any]:
    height, width = picture.shape[:2]
    opaque = np.dstack([picture, np.full((height, width), 255, np.uint8)])
    found = page.evaluate(FRAMES, [base64.b64encode(opaque.tobytes()).decode(), width, height, mirror])
    for kind, (*texts, wide, high) in list(found.items())[:3]:
        assert (wide, high) == (width, height)
        found[kind] = [_pixels(text, picture) for text in texts]
    return found | {"photo": _pixels(found["photo"], picture)}


def _pixels(text: str, like: np.ndarray) -> np.ndarray:
    pixels = np.frombuffer(base64.b64decode(text), np.uint8).reshape(*like.shape[:2], 4)
    assert (pixels[:, :, 3] == 255).all()
    return pixels[:, :, :3]


# The last is painted by tiles: it is longer than a picture in one piece.
@pytest.mark.parametrize("size", [(64, 96), (61, 97), (24, 4104)])
def test_a_frame_is_painted_as_a_photo_is(opened: Any, model: Path, size: tuple[int, int]) -> None:
    picture = np.random.default_rng(0).integers(0, 256, (*size, 3), np.uint8)
    found = frames(opened, picture, False)
    for kind in ("bitmap", "frame", "again"):
        seen, made = found[kind]
        assert np.array_equal(seen, picture), kind
        assert np.array_equal(made, found["photo"]), kind
    assert psnr(found["photo"], open_runtime(model)(picture)) >= 45


def test_a_mirrored_frame_is_turned_before_it_is_painted(opened: Any, model: Path) -> None:
    picture = np.random.default_rng(1).integers(0, 256, (40, 56, 3), np.uint8)
    turned = np.ascontiguousarray(picture[:, ::-1])
    found = frames(opened, picture, True)
    for kind in ("bitmap", "frame", "again"):
        seen, made = found[kind]
        assert np.array_equal(seen, turned), kind
        assert psnr(made, open_runtime(model)(turned)) >= 45


def test_what_is_transparent_lies_on_white(opened: Any, model: Path, tmp_path: Path) -> None:
    """And not on the photo before it, of the same size."""
    photo = np.random.default_rng(2).integers(0, 256, (48, 64, 3), np.uint8)
    glass = np.dstack([photo, np.zeros((48, 64), np.uint8)])
    glass[:, 32:, 3] = 255
    for name, pixels in (("photo.png", 255 - photo), ("glass.png", glass)):
        Image.fromarray(pixels).save(tmp_path / name)
        opened.set_input_files("#file", tmp_path / name)
        settle(opened)
    assert message(opened) == ""
    white = np.where(glass[:, :, 3:] == 255, photo, np.uint8(255))
    assert psnr(painted(opened), open_runtime(model)(white)) >= 45
    left = "() => [...document.getElementById('photo').getContext('2d').getImageData(5, 5, 1, 1).data]"
    assert opened.evaluate(left) == [255, 255, 255, 255]
