"""The gate itself: files it passes and files it refuses."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from made_files import stirred_student

from convert.gate import parity
from convert.gate.parity import Cell, Gate, Reference
from convert.runtimes.base import NotRun
from convert.runtimes.torch_model import TorchRuntime
from pix2phone.errors import CheckFailed
from train.data.photos import builtin
from train.models.student import Student

SIZES = ((256, 256), *parity.ODD)


@pytest.fixture(scope="module")
def pictures() -> list[np.ndarray]:
    return parity.cut_pictures(builtin("held-out"), SIZES)


def gate(model: Student, **more: Any) -> Gate:
    return Gate(Reference(TorchRuntime(model, 4)), **({"floor": 40.0} | more))


@pytest.fixture
def student() -> Student:
    return stirred_student(std=0.05, seed=1)


def made_file(monkeypatch: pytest.MonkeyPatch, model: Student) -> Path:
    """A stand-in for an artefact whose runtime runs `model`."""
    monkeypatch.setattr(parity, "open_each", lambda path: [TorchRuntime(model, 4)])
    return Path("stand-in.onnx")


def changed(student: Student, name: str, value: float) -> Student:
    other = Student(width=8, detail=1, trunk=2)
    other.load_state_dict(student.state_dict())
    with torch.no_grad():
        other.get_parameter(name).fill_(value)
    return other


def test_pictures_have_the_stated_sizes_and_differ(pictures: list[np.ndarray]) -> None:
    assert [picture.shape[:2] for picture in pictures] == list(SIZES)
    assert any(side % 2 for size in parity.ODD for side in size)
    assert len({picture[:50, :50].tobytes() for picture in pictures}) == len(pictures)


def test_same_network_passes_at_every_size(monkeypatch, student, pictures) -> None:
    cells = parity.check(made_file(monkeypatch, student), gate(student), pictures)
    assert [cell.size for cell in cells] == ["256x256", "413x531", "512x384", "97x61"]
    assert {(cell.verdict, cell.psnr, cell.worst_tile, cell.largest) for cell in cells} == {("passed", 100, 100, 0)}


def test_changed_weight_fails_and_says_by_how_much(monkeypatch, student, pictures) -> None:
    made = made_file(monkeypatch, changed(student, "exit.bias", 0.1))
    for cell in parity.check(made, gate(student), pictures):
        assert cell.verdict == "failed"
        assert cell.psnr is not None and 15 < cell.psnr < 25  # a tenth of the range is 20 dB
        assert "below 40" in cell.reason


def test_one_wrong_pixel_fails_where_none_may_be(monkeypatch, student, pictures) -> None:
    class Spoilt(TorchRuntime):
        def read(self) -> np.ndarray:
            painted = super().read()
            painted[0, 0, 0] ^= 8
            return painted

    monkeypatch.setattr(parity, "open_each", lambda path: [Spoilt(student, 4)])
    cells = parity.check(Path("stand-in.onnx"), gate(student, largest=2), pictures[:1])
    assert (cells[0].verdict, cells[0].largest) == ("failed", 8)
    assert cells[0].psnr is not None and cells[0].psnr > 60


def test_int8_file_must_also_keep_to_the_network_in_float(monkeypatch, student, pictures) -> None:
    other = changed(student, "exit.bias", 0.02)  # 34 dB from it
    far = gate(other, whole=Reference(TorchRuntime(student, 4)), whole_floor=36.0)
    near = replace(far, whole_floor=32.0)
    made = made_file(monkeypatch, other)
    assert "36" in parity.check(made, far, pictures)[0].reason
    assert {cell.verdict for cell in parity.check(made, near, pictures)} == {"passed"}


def test_stand_in_for_a_runtime_is_told_apart(monkeypatch, student, pictures) -> None:
    monkeypatch.setattr(TorchRuntime, "verdict", "passed (evaluated)")
    cells = parity.check(made_file(monkeypatch, student), gate(student), pictures)
    assert {cell.verdict for cell in cells} == {"passed (evaluated)"}


def test_worst_of_several_runtimes_counts(monkeypatch, student, pictures) -> None:
    wrong = TorchRuntime(changed(student, "exit.bias", 0.1), 4)
    monkeypatch.setattr(parity, "open_each", lambda path: [TorchRuntime(student, 4), wrong])
    assert {cell.verdict for cell in parity.check(Path("M.mlpackage"), gate(student), pictures)} == {"failed"}


def test_runtime_that_stops_fails_in_one_line(monkeypatch, student, pictures) -> None:
    class Stops(TorchRuntime):
        def invoke(self) -> None:
            raise RuntimeError("XNNPack delegate failed to reshape\nnode 7")

    monkeypatch.setattr(parity, "open_each", lambda path: [Stops(student, 4)])
    cell = parity.check(Path("stand-in.tflite"), gate(student), pictures)[0]
    assert (cell.verdict, cell.reason) == ("failed", "its runtime stops: XNNPack delegate failed to reshape")


def test_use_of_an_operator_that_is_not_foreseen_is_not_run(monkeypatch, student, pictures) -> None:
    class Unforeseen(TorchRuntime):
        def invoke(self) -> None:
            raise NotRun(Path("M.mlpackage"), "conv (first): pad_type 'same_lower'")

    monkeypatch.setattr(parity, "open_each", lambda path: [Unforeseen(student, 4)])
    cell = parity.check(Path("M.mlpackage"), gate(student), pictures)[0]
    assert (cell.verdict, cell.reason) == ("not run", "conv (first): pad_type 'same_lower'")


def test_pictures_cut_to_one_size_make_one_cell(monkeypatch, student, pictures) -> None:
    class Listed(TorchRuntime):
        sizes = ((64, 64), (80, 32))

    monkeypatch.setattr(parity, "open_each", lambda path: [Listed(student, 4)])
    cells = parity.check(Path("M.mlpackage"), gate(student), pictures)
    assert [cell.size for cell in cells] == ["64x64", "64x61"]
    assert {cell.verdict for cell in cells} == {"passed"}


def test_file_of_one_size_is_checked_at_that(monkeypatch, student, pictures) -> None:
    class Listed(TorchRuntime):
        sizes = ((128, 128),)

    monkeypatch.setattr(parity, "open_each", lambda path: [Listed(student, 4)])
    assert [cell.size for cell in parity.check(Path("M.mlpackage"), gate(student), pictures)] == ["128x128"]
    Listed.sizes = ((512, 512),)  # of which there is no picture
    sizes = ["256x256", "413x512", "512x384", "97x61"]
    assert [cell.size for cell in parity.check(Path("M.mlpackage"), gate(student), pictures)] == sizes


def test_nan_fails_even_where_pixels_would_hide_it(monkeypatch, student, pictures) -> None:
    black = changed(changed(student, "exit.weight", 0), "exit.bias", -2)
    broken = changed(black, "exit.bias", float("nan"))
    assert np.array_equal(TorchRuntime(black, 4)(pictures[0]), TorchRuntime(broken, 4)(pictures[0]))
    cells = parity.check(made_file(monkeypatch, broken), gate(black), pictures)
    assert {(cell.verdict, cell.reason) for cell in cells} == {("failed", "NaN in its output")}


def test_nan_of_the_reference_is_no_agreement(monkeypatch, student, pictures) -> None:
    broken = changed(student, "exit.bias", float("nan"))
    with pytest.raises(CheckFailed, match="checkpoint itself"):
        parity.check(made_file(monkeypatch, student), gate(broken), pictures)


def test_file_without_a_runtime_here_is_not_run(monkeypatch, student, pictures) -> None:
    def refuse(path: Path) -> None:
        raise NotRun(path, "no such machine")

    monkeypatch.setattr(parity, "open_each", refuse)
    cells = parity.check(Path("M.mlpackage"), gate(student), pictures)
    assert cells[0] == Cell("256x256", "not run", "no such machine")
    assert len(cells) == len(pictures)


def test_worst_tile_finds_a_spoilt_corner() -> None:
    first = np.full((70, 65, 3), 100, np.uint8)
    second = first.copy()
    second[64:, 64:] = 200  # the last tile is 6 x 1 pixels
    assert parity.worst_tile(first, second) == pytest.approx(20 * np.log10(255 / 100))
    assert parity.worst_tile(first, first) == 100
