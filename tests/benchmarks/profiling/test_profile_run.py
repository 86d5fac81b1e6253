"""Which systems get a closer look, and what a run then says of them."""

from functools import partial
from pathlib import Path

import pytest
from benchmark_runs import parsed, row, run
from made_files import save_student

from benchmarks.profiling import profile_run, roofline
from benchmarks.records.profile import Roofs
from benchmarks.records.run import Run
from benchmarks.systems.openers import open_made, open_untrained
from benchmarks.systems.system import System
from compress.graph import export_graph
from compress.load import load
from compress.macs import gmacs
from convert.litert.write import write_tflite
from convert.metadata import write_tflite_metadata
from train.models import build

pytestmark = pytest.mark.converter

HOST = Roofs(gmacs={"int8": 100.0, "float32": 10.0}, gbytes=10.0)
UNET = {"group": "paper", "model": "unet-resnet18", "precision": "float32", "runtime": "torch", "file": "x.tflite"}


@pytest.fixture(scope="module")
def systems(tmp_path_factory: pytest.TempPathFactory) -> list[System]:
    """The paper's model, a checkpoint, and its int8 and float32 files in LiteRT, one of them with one thread too."""
    folder = tmp_path_factory.mktemp("made")
    checkpoint = save_student(folder / "small.safetensors", with_int8=True)
    student = load(checkpoint)
    made = []
    for precision in ("float32", "int8"):
        path = folder / f"{precision}.tflite"
        write_tflite(export_graph(student.folded), path, precision, student.ranges)  # type: ignore[arg-type]
        write_tflite_metadata(path, {"multiple": student.folded.spec.multiple})
        made.append(System(precision, "small", "made", "LiteRT", precision, 2, partial(open_made, path), path=path))
    unet = System(
        "unet", "unet-resnet18", "paper", "torch", "float32", 2, partial(open_untrained, "unet-resnet18", "eager")
    )
    torch_one = System(
        "small", "small", "made", "torch", "int8, simulated", 2, partial(open_made, checkpoint), path=checkpoint
    )
    return [unet, torch_one, *made]


@pytest.fixture(scope="module")
def timed() -> Run:
    rows = [
        row([900.0], system="unet", **UNET),
        row([30.0], system="small", runtime="torch", precision="int8, simulated"),
        row([4.0], system="float32", precision="float32"),
        row([1.0], system="int8"),
        row([1.9], system="int8 1 thread", threads=1),
        row([2.0], system="onnx", runtime="onnxruntime"),
    ]
    found = run(*rows, files={name: {"bytes": 1, "sha256": "0" * 64} for name in ("model-int8.tflite", "x.tflite")})
    found["settings"]["threads"] = 2
    return parsed(found)


def test_estimates_are_of_the_headline_network_and_the_papers(
    systems: list[System], timed: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(roofline, "host_roofs", lambda threads: HOST)
    found = profile_run.estimates(systems, timed)
    assert found and list(found.systems) == ["int8", "float32", "unet"]
    wanted = {"int8": gmacs(build("small"), 64), "unet": gmacs(build("unet-resnet18"), 64)}
    for key, figures in found.systems.items():
        assert figures.measured_ms == next(row for row in timed.rows if row.system == key).mean_ms
        assert figures.gmacs == pytest.approx(wanted.get(key, wanted["int8"]), rel=0.02)


def test_profiles_are_of_the_headline_file_and_of_networks_in_torch(systems: list[System], timed: Run) -> None:
    found = profile_run.profiles(systems, timed)
    assert [profile.label for profile in found] == [
        "U-Net ResNet18, float32 · torch",
        "small, float32 · torch",
        "small, int8 · LiteRT",
    ]
    assert all(len(profile.layers) > 5 and profile.size.name == "64" for profile in found)


def test_what_cannot_be_profiled_costs_nothing_else(
    systems: list[System],
    timed: Run,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    broken = System("int8", "small", "made", "LiteRT", "int8", 2, partial(open_made, Path("gone.tflite")))
    monkeypatch.setattr(roofline, "host_roofs", lambda threads: HOST)
    found = profile_run.estimates([broken, systems[0], systems[2]], timed)
    assert found and found.systems.keys() == {"unet", "float32"}
    profiled = profile_run.profiles([broken, systems[1]], timed)
    assert [profile.system for profile in profiled] == ["small"]
    said = capsys.readouterr().out
    assert all(f"{what}: int8: gone.tflite: " in said for what in ("not estimated", "not profiled"))
