"""Artefacts used by each demo app, and the folder from which the app reads them."""

import itertools
import shutil
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from pix2phone.artefacts import ROOT, replacing


@dataclass(frozen=True)
class App:
    """`files`, all of one `target`: from each list the first that can be made of the checkpoint.

    `models`: the folder read by the app; None if the file is given when the app is built.
    """

    target: str
    files: Sequence[Sequence[str]]
    models: Path | None = None


APPS = {
    # Between bytes it is no slower in LiteRT.js than between float32 ends.
    "web": App("tflite", [["model-int8.tflite", "model-float32.tflite"]]),
    # int8 is the fastest on a CPU with 8-bit dot products; a GPU computes in float16 for any file.
    "android": App(
        "tflite", [["model-int8.tflite"], ["model-float16.tflite"]], ROOT / "android_demo/app/src/main/assets/models"
    ),
    # Both compute in float16 on a phone; the one with 8-bit weights is half as large.
    "ios": App("coreml", [["Model.mlpackage"], ["Model-int8.mlpackage"]], ROOT / "ios_demo/App/Models"),
}


def files_for_apps(target: str, targets: Collection[str], possible: Collection[str]) -> set[str]:
    """The files of `target` used by the apps among `targets`, from the names that are `possible`."""
    apps = [app for name, app in APPS.items() if name in targets and app.target == target]
    choices = [[file for file in choice if file in possible] for app in apps for choice in app.files]
    return {files[0] for files in choices if files}


def serves_apps(target: str, targets: Collection[str]) -> bool:
    """Whether an app among `targets` uses files of `target`."""
    return any(app.target == target for name, app in APPS.items() if name in targets)


def is_wanted(target: str, targets: Collection[str]) -> bool:
    """Whether files of `target` are made, as a target or for an app."""
    return target in targets or serves_apps(target, targets)


def copy_to_apps(made: Collection[Path], checkpoint: Path, targets: Collection[str]) -> list[Path]:
    """Copy the files `made` of `checkpoint` to the folders of the apps among `targets`; returns their new paths.

    Copies have the checkpoint's name, small-int8.tflite, so that several looks can coexist. Files of an older one of
    that name that this one does not replace are removed: they would be mistaken for this one's.
    """
    by_name = {path.name: path for path in made}
    places = []
    for app in (app for name, app in APPS.items() if name in targets):
        for file in itertools.chain.from_iterable(app.files if app.models else ()):
            assert app.models
            place = app.models / (checkpoint.stem + file[len("model") :])
            if file in by_name:
                with replacing(place) as temporary:
                    _copy(by_name[file], temporary)
                places.append(place)
            elif place.is_dir():
                shutil.rmtree(place)
            else:
                place.unlink(missing_ok=True)
    return places


def _copy(made: Path, place: Path) -> None:
    """A file, or a package, which is a folder."""
    if made.is_dir():
        shutil.copytree(made, place)
    else:
        shutil.copyfile(made, place)
