"""fp16 and palettize: the weights are just those that were decided, once, and nothing comes after them."""

import copy
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from made_files import exit_code, stir
from model_tester import picture, wake
from tiny import write_pairs

from compress.__main__ import main
from compress.graph import export_graph
from compress.load import load
from compress.rounded import Palettes, Rounded, choose_palettes, to_float16, to_palettes
from pix2phone.errors import UserError
from train.checkpoint import Card, save
from train.data.paired import held_out_pairs
from train.data.source import Paired, to_data
from train.models import build
from train.models.student import Student
from train.run import judge

pytestmark = pytest.mark.training


@pytest.fixture(scope="module")
def student() -> Student:
    torch.manual_seed(0)
    student = Student(width=16, detail=0, trunk=2).eval()
    stir(student, 0.05)
    return student


@pytest.fixture(scope="module")
def palettes(student: Student) -> Palettes:
    return choose_palettes(export_graph(student), 4)


def kernels(model: Student | Rounded) -> list[torch.Tensor]:
    """Those of a student of two trunk convolutions, in the order of their use."""
    names = ("entry", "down", "trunk.0.first", "trunk.0.second", "up", "exit")
    own = model.network if isinstance(model, Rounded) else model
    return [own.get_parameter(f"{name}.weight") for name in names]


@torch.inference_mode()
def test_float16_is_every_weight_rounded_by_itself(student: Student) -> None:
    before = copy.deepcopy(student)
    rounded = to_float16(export_graph(student))
    assert rounded.spec == student.spec
    wanted = copy.deepcopy(student).half().float()
    torch.testing.assert_close(rounded(picture(32, 48)), wanted(picture(32, 48)), rtol=0, atol=1e-5)
    assert all(torch.equal(tensor, tensor.half().float()) for tensor in rounded.parameters())
    assert not torch.equal(rounded(picture(32, 48)), student(picture(32, 48)))
    for kept, tensor in zip(before.parameters(), student.parameters(), strict=True):
        assert torch.equal(kept, tensor), "rounding has changed the float weights"


def test_palettes_are_of_float16_and_each_weight_is_its_nearest(student: Student, palettes: Palettes) -> None:
    rounded = kernels(to_palettes(export_graph(student), palettes))
    assert [len(palette) for palette in palettes.values()] == [64, 16, 16, 16, 16, 64], "the ends keep 6 bits"
    for kernel, before, palette in zip(rounded, kernels(student), palettes.values(), strict=True):
        values = torch.tensor(palette)
        assert torch.equal(values, values.half().float())
        assert set(kernel.unique().tolist()) == set(palette)
        nearest = (before.reshape(-1, 1) - values).abs().amin(1)
        torch.testing.assert_close((kernel - before).abs().flatten(), nearest)


def test_k_means_is_better_than_even_steps_and_more_bits_are_better(student: Student, palettes: Palettes) -> None:
    graph = export_graph(student)

    def error(model: Rounded) -> float:
        return sum(
            (after - before).square().sum().item()
            for after, before in zip(kernels(model), kernels(student), strict=True)
        )

    even = {name: torch.linspace(min(all_), max(all_), len(all_)).tolist() for name, all_ in palettes.items()}
    four, six = to_palettes(graph, palettes), to_palettes(graph, choose_palettes(graph, 6))
    assert error(six) < error(four) / 8
    assert error(four) < error(to_palettes(graph, even))


def test_kernel_of_few_values_keeps_them() -> None:
    student = Student(width=4, detail=0, trunk=2).eval()
    with torch.no_grad():
        student.get_parameter("trunk.0.first.weight").fill_(0.25)
    assert choose_palettes(export_graph(student), 4)["conv2d_2"] == [0.25]


@torch.inference_mode()
def test_unet_keeps_its_picture_at_any_size() -> None:
    torch.manual_seed(0)
    model = build("unet-resnet18")
    wake(model)
    rounded = to_float16(export_graph(copy.deepcopy(model).fold()))
    for size in ((64, 64), (32, 96)):
        torch.testing.assert_close(rounded(picture(*size)), model(picture(*size)), rtol=0, atol=0.02)


@pytest.mark.parametrize(("name", "words"), [("conv2d_0", "conv2d_0: is missing"), ("conv2d_9", "conv2d_9: is not in")])
def test_palettes_of_another_network_are_refused(student: Student, palettes: Palettes, name: str, words: str) -> None:
    with pytest.raises(UserError, match=words):
        to_palettes(export_graph(student), {key: [0.0] for key in {*palettes} ^ {name}})


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Path]:
    """A checkpoint "nano" in a folder with pairs."""
    before = Path.cwd()
    os.chdir(tmp_path)
    write_pairs(Path("pairs"))
    torch.manual_seed(0)
    model = build("nano").eval()
    stir(model, 0.03)
    save(Path("start.safetensors"), model, Card("nano", "test", data={"source": to_data(Paired("pairs"))}))
    yield Path("start.safetensors")
    os.chdir(before)


@pytest.mark.parametrize(("flags", "name"), [(("--fp16",), "fp16"), (("--palettize", "4"), "palettize")])
def test_step_is_replayed_scored_and_last(
    start: Path, flags: tuple[str, ...], name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert exit_code(main, "--from", start, *flags, "--out", "made.safetensors") == 0
    made, before = load(Path("made.safetensors")), load(start)
    assert [next(iter(step)) for step in made.card.history] == [name]
    assert made.float16 == (name == "fp16") and made.palette_bits == (4 if name == "palettize" else None)
    for kept, tensor in zip(before.model.parameters(), made.model.parameters(), strict=True):
        assert torch.equal(kept, tensor), "the float weights are kept"
    scores = judge(made.deployed(), held_out_pairs(Paired("pairs"), "test"))
    assert made.card.metrics == pytest.approx(scores)
    capsys.readouterr()
    for following in (("--int8",), ("--palettize", "6"), ("--fp16",)):
        assert exit_code(main, "--from", "made.safetensors", *following, "--out", "twice.safetensors") == 2
        assert f"{following[0]}: comes after {name}" in capsys.readouterr().err
    assert not Path("twice.safetensors").exists()


def test_palettize_after_int8_is_refused(start: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_code(main, "--from", start, "--int8", "--palettize", "4", "--out", "made.safetensors") == 2
    assert "--palettize: " in capsys.readouterr().err
    assert not Path("made.safetensors").exists()


@pytest.mark.parametrize("bits", ["5", "0", "four"])
def test_other_numbers_of_bits_are_refused(start: Path, bits: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_code(main, "--from", start, "--palettize", bits, "--out", "made.safetensors") == 2
    error = capsys.readouterr().err
    assert "--palettize" in error and bits in error and error.count("\n") == 1
    assert not Path("made.safetensors").exists()
