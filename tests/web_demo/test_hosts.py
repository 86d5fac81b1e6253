"""The folder on hosts of all kinds: with our headers and without, in a subfolder, and without a network."""

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from made_files import exit_code
from web_page import facts, message, painted, settle

from convert.runtimes.open import open_runtime
from pix2phone.errors import UserError
from train.metrics import psnr
from web_demo import browser as web_browser
from web_demo.__main__ import main
from web_demo.browser import chromium
from web_demo.serve import Handler, open_server, served
from web_demo.site import build

pytestmark = pytest.mark.browser

AWAY = "url => fetch(url).then(() => 'went out', () => 'stopped')"
AWAY_IN_WORKER = """url => new Promise((resolve) => {
  const worker = new Worker("js/worker.js");
  worker.onmessage = ({ data }) => resolve(data.error);
  worker.postMessage({ open: url });
})"""
ON_WEBGPU = """async (rgba) => {
  const { Painter } = await import("./js/painter.js");
  const painter = new Painter(() => {});
  const { backend } = await painter.open(new URL("model.tflite", location.href).href, "webgpu");
  const pixels = Uint8ClampedArray.from(rgba.map((value, index) => (index % 4 === 3 ? 255 : value)));
  const bitmap = await createImageBitmap(new ImageData(pixels, 64, 64));
  let made;
  await painter.paint(bitmap, (band) => (made = [...band.rgba]));
  return [backend, made];
}"""


def test_without_headers_in_a_subfolder_then_offline(page: Any, site: Path, tmp_path: Path) -> None:
    shutil.copytree(site, tmp_path / "pix2phone")
    with served(tmp_path, isolated=False) as url:
        page.goto(f"{url}pix2phone/")
        settle(page)
        assert "1 thread ·" in facts(page)
        before = painted(page)
        page.evaluate("navigator.serviceWorker.ready.then(() => true)")
        page.wait_for_function(
            """async () => {
              const [name] = await caches.keys();
              const kept = name && await (await caches.open(name)).keys();
              return kept && kept.some(({ url }) => url.endsWith("litert_wasm_internal.wasm"))
                && kept.some(({ url }) => url.endsWith("model.tflite"));
            }"""
        )
    page.reload()  # nobody serves any more
    settle(page)
    assert message(page) == "" and page.evaluate("crossOriginIsolated")
    assert np.array_equal(painted(page), before)
    page.wrong[:] = [line for line in page.wrong if "net::ERR_" not in line]


def test_another_model_is_one_file_copied(page: Any, site: Path, model: Path, tmp_path: Path) -> None:
    shutil.copytree(site, tmp_path / "site")
    with served(tmp_path / "site") as url:
        page.goto(url)
        settle(page)
        assert "small painterly" in facts(page)
        page.evaluate("navigator.serviceWorker.ready.then(() => true)")
        content = model.read_bytes().replace(b'"name": "small painterly"', b'"name": "other painterly"')
        (tmp_path / "site" / "model.tflite").write_bytes(content)
        page.reload()
        settle(page)
        assert "other painterly" in facts(page)


def test_a_model_that_is_cut_off_on_the_way(page: Any, site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first time it is one sentence; later the kept one serves."""
    whole = Handler.copyfile

    def half(self: Handler, source: Any, target: Any) -> None:
        if self.path.endswith("/model.tflite"):
            target.write(source.read()[:9000])
        else:
            whole(self, source, target)

    with served(site) as url:
        monkeypatch.setattr(Handler, "copyfile", half)
        page.goto(url)
        settle(page)
        assert message(page) == "model.tflite could not be loaded; look at your connection and load the page again."
        monkeypatch.setattr(Handler, "copyfile", whole)
        for _ in range(2):  # by the second time the service worker serves
            page.reload()
            settle(page)
        before = painted(page)
        monkeypatch.setattr(Handler, "copyfile", half)
        page.reload()
        settle(page)
        assert message(page) == "" and np.array_equal(painted(page), before)
    page.wrong[:] = [line for line in page.wrong if "net::ERR_" not in line]


def test_a_port_that_cannot_be_had_is_known_before_anything_is_put_together(
    site: Path, model: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("web_demo.site.build", lambda model: pytest.fail("put together"))
    with open_server(site) as taken:
        for port in (str(taken.server_address[1]), "99999"):
            assert exit_code(main, "--model", str(model), "--port", port) == 2
            assert capsys.readouterr().err.startswith(f"error: --port: {port}: ")


def test_nothing_can_be_asked_elsewhere(opened: Any, address: str, site: Path) -> None:
    elsewhere = address.replace("127.0.0.1", "localhost")
    assert opened.evaluate(AWAY, f"{elsewhere}index.html") == "stopped"
    assert "could not be loaded" in opened.evaluate(AWAY_IN_WORKER, f"{elsewhere}model.tflite")
    assert opened.evaluate(AWAY, f"{address}index.html") == "went out"
    assert any("Content Security Policy" in line for line in opened.wrong)
    opened.wrong.clear()


def test_webgpu_paints_the_same(opened: Any, model: Path) -> None:
    """On a GPU that is only computed, which the page leaves alone by itself."""
    picture = np.random.default_rng(0).integers(0, 256, (64, 64, 4), np.uint8)
    assert "WebAssembly" in facts(opened)
    backend, made = opened.evaluate(ON_WEBGPU, picture.ravel().tolist())
    assert backend == "WebGPU"
    found = np.array(made, np.uint8).reshape(64, 64, 4)[:, :, :3]
    assert psnr(found, open_runtime(model)(np.ascontiguousarray(picture[:, :, :3]))) >= 45


@pytest.mark.parametrize("content", [None, b"a text file", b"\0\0\0\0TFL3" + b"\xff" * 99])
def test_what_is_no_model_is_refused_before_anything_is_put_together(tmp_path: Path, content: bytes | None) -> None:
    file = tmp_path / "model.tflite"
    if content:
        file.write_bytes(content)
    with pytest.raises(UserError, match="model.tflite: "):
        build(file, tmp_path / "dist")
    assert not (tmp_path / "dist").exists()


def test_a_missing_browser_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web_browser, "NAMES", ("no-such-browser",))
    with pytest.raises(UserError, match="missing: Chromium.*apt-get install chromium"), chromium():
        pass
