"""The app's manifest, screens and assets."""

import hashlib
import xml.etree.ElementTree as ElementTree

from android_demo.check import HERE, namespace
from benchmarks.devices import android_app
from benchmarks.timing.protocol import BenchmarkPlan
from convert.metadata import read_tflite_metadata
from convert.plan.apps import APPS
from pix2phone.artefacts import SHIPPED

APP = HERE / "app/src/main"
ANDROID = "{http://schemas.android.com/apk/res/android}"
LOOKED_AT = {"ImageView", "ImageButton", "ProgressBar"}  # what shows no text of its own


def manifest() -> ElementTree.Element:
    return ElementTree.parse(APP / "AndroidManifest.xml").getroot()


def test_the_desk_starts_the_activity_that_is_there() -> None:
    package, name = android_app.ACTIVITY.split("/")
    assert package == namespace() == android_app.PACKAGE
    (activity,) = [found for found in manifest().iter("activity") if found.get(f"{ANDROID}name") == name]
    assert activity.get(f"{ANDROID}exported") == "true"
    source = (APP / "kotlin/org/pix2phone/demo/BenchmarkActivity.kt").read_text()
    words = android_app._extras(BenchmarkPlan())
    for flag, extra in zip(words[::3], words[1::3], strict=True):
        assert flag in ("--ez", "--eia", "--ef")
        assert f'"{extra}"' in source
    assert f"/sdcard/Android/data/{package}/files/benchmark.json" == android_app.RESULT
    assert 'RESULT = "benchmark.json"' in source
    assert "getExternalFilesDir(null)" in source


def test_no_picture_can_leave_by_the_network() -> None:
    permissions = {found.get(f"{ANDROID}name") for found in manifest().iter("uses-permission")}
    assert permissions == {"android.permission.CAMERA", "android.permission.WRITE_EXTERNAL_STORAGE"}


def test_everything_to_be_looked_at_is_described() -> None:
    texts = {found.get("name") for found in ElementTree.parse(APP / "res/values/strings.xml").getroot()}
    seen = [found for path in (APP / "res").glob("layout*/*.xml") for found in ElementTree.parse(path).iter()]
    assert len(seen) > 30
    for found in seen:
        said = found.get(f"{ANDROID}contentDescription", "")
        assert found.tag not in LOOKED_AT or said.removeprefix("@string/") in texts, found.attrib


def test_a_fresh_clone_has_the_shipped_model() -> None:
    folder = APPS["android"].models
    assert folder == APP / "assets/models"
    names = {path.name for path in folder.glob("*.tflite")}
    assert names == {"small-int8.tflite", "small-float16.tflite"}, "make android-models"
    shipped = hashlib.sha256(SHIPPED.read_bytes()).hexdigest()
    for name in names:
        assert read_tflite_metadata(folder / name)["sha256"] == shipped, f"{name}: make android-models"
