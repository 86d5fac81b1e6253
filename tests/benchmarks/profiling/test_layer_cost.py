"""What layers do, how long they take, and what a roofline makes of it."""

import math
import re
from pathlib import Path

import numpy as np
import pytest
import torch
from made_files import save_student
from torch import nn

from benchmarks.profiling import roofline
from benchmarks.profiling.layer_cost import ROOT, Layer, litert_layers, torch_layers
from benchmarks.profiling.layer_times import profile_litert, profile_torch
from benchmarks.records.profile import Roofs
from compress.graph import export_graph
from compress.load import load
from compress.macs import gmacs
from convert.litert.write import write_tflite
from convert.metadata import write_tflite_metadata
from convert.runtimes.litert_file import LiteRTRuntime
from train.models import build
from train.models.generator import Generator
from train.models.spec import ModelSpec

pytestmark = pytest.mark.converter

NOISE = np.random.default_rng(0).integers(0, 256, (128, 128, 3), dtype=np.uint8)


class Uneven(Generator):
    """Cheap, dear, cheap."""

    def __init__(self) -> None:
        super().__init__()
        self.spec = ModelSpec(multiple=1)
        self.first, self.dear, self.last = nn.Conv2d(3, 96, 1), nn.Conv2d(96, 96, 3, padding=1), nn.Conv2d(96, 3, 1)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        return torch.clamp(self.last(torch.relu(self.dear(torch.relu(self.first(image))))), 0, 1)


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A student as float32 and int8, and an uneven network as float32."""
    folder = tmp_path_factory.mktemp("files")
    torch.manual_seed(0)
    student = load(save_student(folder / "student.safetensors", with_int8=True))
    graph, uneven = export_graph(student.folded), export_graph(Uneven())
    found = {name: folder / f"{name}.tflite" for name in ("float32", "int8", "float16", "uneven")}
    for precision in ("float32", "int8", "float16"):
        write_tflite(graph, found[precision], precision, student.ranges)  # type: ignore[arg-type]
    write_tflite(uneven, found["uneven"], "float32", None)
    for path in found.values():
        write_tflite_metadata(path, {"multiple": student.folded.spec.multiple})
    return found


def test_files_and_torch_agree_on_the_work(files: dict[str, Path]) -> None:
    student = build("small").fold()
    wanted = round(gmacs(student, 128) * 1e9)
    assert sum(layer.macs for layer in torch_layers(student, 128, 128)) == wanted
    for precision in ("float32", "int8", "float16"):
        layers = litert_layers(files[precision], 128, 128)
        assert sum(layer.macs for layer in layers) == wanted
        arithmetic = {layer.arithmetic for layer in layers if layer.macs}
        assert arithmetic == {"int8" if precision == "int8" else "float32"}


def test_bytes_are_those_of_inputs_weights_and_output(files: dict[str, Path]) -> None:
    dear = next(layer for layer in litert_layers(files["uneven"], 64, 32) if layer.macs == 64 * 32 * 96 * 96 * 9)
    assert dear.bytes == 4 * (64 * 32 * 96 + 96 * 96 * 9 + 96 + 64 * 32 * 96)
    assert dear.shape == (1, 64, 32, 96)
    same = next(layer for layer in torch_layers(Uneven(), 64, 32) if layer.name == "dear")
    assert (same.macs, same.bytes, same.shape) == (dear.macs, dear.bytes, (1, 96, 64, 32))


def test_the_unets_many_operators_are_counted_too() -> None:
    unet = build("unet-resnet18").fold()
    assert sum(layer.macs for layer in torch_layers(unet, 64, 96)) / 1e9 == pytest.approx(gmacs_of(unet), rel=1e-9)


def gmacs_of(model: Generator) -> float:
    """At 64 x 96, from a real run with hooks on convolutions and the multiplications in attention."""
    from torch.utils.flop_counter import FlopCounterMode

    with FlopCounterMode(display=False) as counter, torch.no_grad():
        model(torch.zeros(1, 3, 64, 96))
    return counter.get_total_flops() / 2e9


def test_litert_time_goes_to_the_dear_layer_and_adds_up(files: dict[str, Path]) -> None:
    profile = profile_litert(files["uneven"], NOISE, 1, rounds=8)
    layers = profile.layers
    assert max(layers, key=lambda layer: layer.ms).macs == 128 * 128 * 96 * 96 * 9
    assert sum(layer.ms for layer in layers) == pytest.approx(profile.total_ms, abs=1e-2)
    assert all(layer.ms >= 0 for layer in layers)
    assert profile.size.name == "128"


def test_the_last_cut_is_the_whole_network(files: dict[str, Path]) -> None:
    from ai_edge_litert.interpreter import Interpreter

    from benchmarks.profiling.layer_times import _cuts

    whole = LiteRTRuntime(files["int8"], 1)
    whole.load(NOISE)
    whole.invoke()
    cuts = _cuts(files["int8"].read_bytes(), litert_layers(files["int8"], 128, 128))
    last = Interpreter(model_content=cuts[-1])
    last.resize_tensor_input(last.get_input_details()[0]["index"], (1, *NOISE.shape))
    last.allocate_tensors()
    last.set_tensor(last.get_input_details()[0]["index"], NOISE[None])
    last.invoke()
    assert np.array_equal(last.get_tensor(last.get_output_details()[0]["index"])[0], whole.raw())
    assert len(cuts) == len(litert_layers(files["int8"], 128, 128))


def test_torch_time_goes_to_the_dear_module_and_adds_up() -> None:
    model = Uneven().eval()
    profile = profile_torch(model, NOISE, 1)
    layers = {layer.name: layer for layer in profile.layers}
    assert layers.keys() == {"first", "dear", "last", ROOT}
    assert max(layers.values(), key=lambda layer: layer.ms).name == "dear"
    assert sum(layer.ms for layer in layers.values()) == pytest.approx(profile.total_ms, abs=1e-2)
    assert not model.dear._forward_hooks and not model.dear._forward_pre_hooks


def test_a_roofline_takes_the_longer_of_arithmetic_and_bytes() -> None:
    roofs = Roofs(gmacs={"int8": 100.0}, gbytes=10.0)
    busy = Layer("a", "CONV_2D", (1,), 10**9, 10**6, "int8")  # 10 ms of arithmetic, 0.1 ms of bytes
    moving = Layer("b", "ADD", (1,), 0, 10**8)  # 10 ms of bytes
    assert roofline.roofline([busy], roofs) == pytest.approx(0.010)
    assert roofline.roofline([busy, moving], roofs) == pytest.approx(0.020)
    assert roofline.roofline([Layer("c", "CONV_2D", (1,), 1, 1)], roofs) is None  # no float32 there


def test_an_estimate_carries_its_own_error(monkeypatch: pytest.MonkeyPatch) -> None:
    host = Roofs(gmacs={"int8": 100.0, "float32": 10.0}, gbytes=10.0)
    monkeypatch.setattr(roofline, "host_roofs", lambda threads: host)
    found = roofline.estimate({"net": [Layer("a", "CONV_2D", (1,), 10**9, 0, "int8")]}, {"net": 0.020}, 512, 2)
    checked = found.systems["net"]
    assert (checked.roofline_ms, checked.measured_ms) == (10.0, 20.0)
    assert (checked.error_percent, checked.factor) == (-50.0, 2.0)
    for chip in found.phones:
        times = chip.ms["net"]
        assert times.roofline == pytest.approx(1000 / chip.gmacs["int8"], abs=1e-3)
        assert times.scaled == pytest.approx(2 * times.roofline, abs=1e-3)


@pytest.mark.parametrize("chip", roofline.chips(), ids=lambda chip: f"{chip.name}, {chip.engine}")
def test_published_figures_follow_from_what_their_sources_say(chip: roofline.Chip) -> None:
    assert chip.sources and all(source.url.startswith("https://") for source in chip.sources)
    assert {source.kind for source in chip.sources} <= {"maker", "standard", "press", "reference"}
    if tops := re.match(r"(\d+) TOPS", chip.reckoning):
        assert chip.gmacs == {"int8": int(tops[1]) * 1000 / 2}
    else:
        factors = re.findall(r"[\d.]+(?= cores| GHz| SIMD| int8)", chip.reckoning)
        int8 = math.prod(map(float, factors))
        assert chip.gmacs["int8"] == pytest.approx(int8, abs=0.06)
        assert chip.gmacs["float32"] == pytest.approx(int8 / 4, abs=0.06)
    if chip.memory != "as above":
        assert chip.gbytes == 3200 * 2 * 64 / 8 / 1000
