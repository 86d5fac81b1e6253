"""Which files go into which app, and that no older one is left there under the same name."""

from dataclasses import replace
from pathlib import Path

import pytest

from convert.__main__ import choose_targets
from convert.plan import apps
from convert.plan.apps import APPS, copy_to_apps, files_for_apps
from pix2phone.errors import UserError

ALL = [f"model-{precision}.tflite" for precision in ("float32", "float16", "dynamic", "int8")]


def test_files_of_each_app() -> None:
    assert files_for_apps("tflite", ["web"], ALL) == {"model-int8.tflite"}
    assert files_for_apps("tflite", ["web"], ALL[:3]) == {"model-float32.tflite"}
    assert files_for_apps("tflite", ["android"], ALL) == {"model-int8.tflite", "model-float16.tflite"}
    assert files_for_apps("tflite", ["android"], ALL[:3]) == {"model-float16.tflite"}
    assert files_for_apps("onnx", ["android", "web"], ["model.onnx"]) == set()


def test_packages_of_the_iphones_app_are_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    packages = ["Model.mlpackage", "Model-int8.mlpackage"]
    assert files_for_apps("coreml", ["ios"], packages) == set(packages)
    assert files_for_apps("coreml", ["ios"], packages[:1]) == {"Model.mlpackage"}
    monkeypatch.setitem(apps.APPS, "ios", replace(APPS["ios"], models=tmp_path / "Models"))
    for name in packages:
        (tmp_path / name / "Data").mkdir(parents=True)
        (tmp_path / name / "Data" / "weights").write_text(name)
    checkpoint = tmp_path / "look.safetensors"
    places = copy_to_apps([tmp_path / name for name in packages], checkpoint, ["ios"])
    assert [place.name for place in places] == ["look.mlpackage", "look-int8.mlpackage"]
    assert (places[1] / "Data" / "weights").read_text() == "Model-int8.mlpackage"
    copy_to_apps([tmp_path / packages[0]], checkpoint, ["ios"])
    assert [place.exists() for place in places] == [True, False]


def test_targets_that_are_apps() -> None:
    assert choose_targets(["android", "tflite"]) == ["tflite", "android"]
    assert not set(choose_targets(["all"])) & set(APPS)
    with pytest.raises(UserError, match="--target: 'phone': .*android"):
        choose_targets(["phone"])


def test_an_older_file_goes_where_there_is_no_new_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    models = tmp_path / "assets"
    monkeypatch.setitem(apps.APPS, "android", replace(APPS["android"], models=models))
    made = [tmp_path / file for file in ("model-int8.tflite", "model-float16.tflite")]
    for path in made:
        path.write_text(path.name)
    checkpoint = tmp_path / "look.safetensors"
    copy_to_apps(made, checkpoint, ["android"])
    assert {path.name: path.read_text() for path in models.iterdir()} == {
        "look-int8.tflite": "model-int8.tflite",
        "look-float16.tflite": "model-float16.tflite",
    }
    (models / "other-int8.tflite").touch()
    assert copy_to_apps(made[1:], checkpoint, ["android"]) == [models / "look-float16.tflite"]
    assert sorted(path.name for path in models.iterdir()) == ["look-float16.tflite", "other-int8.tflite"]
    assert copy_to_apps(made, checkpoint, ["tflite", "web"]) == []
