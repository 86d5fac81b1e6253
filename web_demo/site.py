"""The page as a folder of static files: its own, LiteRT.js, the model, the built-in photos."""

import hashlib
import json
import re
import shutil
from pathlib import Path
from typing import Any

from PIL import Image, ImageOps

from convert.metadata import read_tflite_metadata
from pix2phone.artefacts import replacing
from pix2phone.errors import UserError
from pix2phone.pictures import read_picture
from train.data.photos import PHOTOS_DIR

SOURCE = Path(__file__).parent
DIST = SOURCE / "dist"
OWN = ("index.html", "style.css", "sw.js", "manifest.webmanifest", "icon.svg", "icon-512.png")
PACKAGES = SOURCE / "node_modules" / "@litertjs"
VENDOR = {"litert.js": "core/dist/index.js", "wasm-utils.js": "wasm-utils/dist/index.js"}
BARE, RELATIVE = 'from "@litertjs/wasm-utils"', 'from "./wasm-utils.js"'  # workers know no import maps
LIGHT = "light.tflite"  # beside the model: a lighter one for the live view if the model is too slow
THUMBNAIL = 88  # pixels a side: twice the displayed size
WEBP: dict[str, Any] = {"quality": 72, "method": 6}  # of the photos: the first is part of the page's first paint


def build(model: Path, out: Path = DIST) -> Path:
    """Build the page around the .tflite file `model`, and light.tflite beside it if present, in the folder `out`.

    Returns the folder.
    UserError when the model does not state its sizes, or LiteRT.js is not installed.
    """
    if not model.is_file() or model.suffix != ".tflite":
        raise UserError(f"{model}: no .tflite file; make one with python -m convert --target web")
    models = {"model.tflite": model} | ({LIGHT: light} if (light := model.with_name(LIGHT)).is_file() else {})
    for file in models.values():
        _check_model(file)
    if not PACKAGES.is_dir():
        raise UserError(f"{PACKAGES}: LiteRT.js is not installed; run make web, or npm ci --prefix {SOURCE.name}")
    with replacing(out) as folder:
        folder.mkdir()
        for name in OWN:
            shutil.copyfile(SOURCE / name, folder / name)
        shutil.copytree(SOURCE / "js", folder / "js")
        _copy_litert(folder / "vendor")
        for name, file in models.items():
            shutil.copyfile(file, folder / name)
        _copy_photos(folder)
        _write_list(folder)
    return out


def headers() -> dict[str, str]:
    """The headers of a host that can send them: isolation, which threads need, and the policy that the page states."""
    page = (SOURCE / "index.html").read_text(encoding="utf-8")
    stated = re.search(r'Content-Security-Policy" content="([^"]+)"', page)
    assert stated
    return {
        "Content-Security-Policy": stated[1],
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Embedder-Policy": "require-corp",
    }


def _check_model(model: Path) -> None:
    try:
        read_tflite_metadata(model)
    except UserError:
        raise
    except Exception as error:  # flatbuffers has no error of its own for other files
        raise UserError(f"{model}: no .tflite file, or a broken one ({error}); make it again") from None


def _copy_litert(vendor: Path) -> None:
    shutil.copytree(PACKAGES / "core" / "wasm", vendor / "wasm")
    for name, source in VENDOR.items():
        text = (PACKAGES / source).read_text(encoding="utf-8")
        (vendor / name).write_text(re.sub(r"\n//# sourceMappingURL=.*", "", text), encoding="utf-8")
    path = vendor / "litert.js"
    text = path.read_text(encoding="utf-8")
    if text.count(BARE) != 1:
        raise UserError(f"{PACKAGES}: another LiteRT.js than the pinned one; run npm ci --prefix {SOURCE.name}")
    path.write_text(text.replace(BARE, RELATIVE), encoding="utf-8")


def _copy_photos(folder: Path) -> None:
    """Copy the built-in photos named in index.html, and small versions of them."""
    (folder / "photos").mkdir()
    page = (SOURCE / "index.html").read_text(encoding="utf-8")
    for name in sorted(set(re.findall(r'data-photo="([\w-]+)"', page))):
        photo = Image.fromarray(read_picture(PHOTOS_DIR / f"{name}.jpg"))
        photo.save(folder / "photos" / f"{name}.webp", **WEBP)
        small = ImageOps.fit(photo, (THUMBNAIL, THUMBNAIL), Image.Resampling.LANCZOS)
        small.save(folder / "photos" / f"{name}-small.webp", **WEBP)


def _write_list(folder: Path) -> None:
    """files.js: every file with its bytes, for the service worker and for progress; a version that depends on them."""
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    sizes = {path.relative_to(folder).as_posix(): path.stat().st_size for path in paths}
    version = hashlib.sha256(b"".join(hashlib.sha256(path.read_bytes()).digest() for path in paths)).hexdigest()[:16]
    values = {"FILES": sizes, "VERSION": f"pix2phone-{version}", "HEADERS": headers()}
    lines = (f"self.{name} = {json.dumps(value)};\n" for name, value in values.items())
    (folder / "files.js").write_text("".join(lines))
