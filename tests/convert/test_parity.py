"""The gate itself: what it lets through and what it refuses."""

from pathlib import Path

import numpy as np
import pytest
import torch
from made_files import stir

from convert import parity
from convert.runtimes.face import NotRun
from convert.runtimes.torch_model import TorchRuntime
from pix2phone.errors import CheckFailed
from train.data.photos import builtin
from train.models.student import Student


@pytest.fixture(scope="module")
def pictures() -> list[np.ndarray]:
    return parity.cut_pictures(builtin("held-out"))


@pytest.fixture
def student() -> Student:
    torch.manual_seed(1)
    model = Student(width=8, depth=2).eval()
    stir(model, 0.05)
    return model


def made_file(monkeypatch: pytest.MonkeyPatch, model: Student) -> Path:
    """A stand-in for a made file whose runtime runs `model`."""
    monkeypatch.setattr(parity, "open_runtime", lambda path: TorchRuntime(model, 4))
    return Path("stand-in.onnx")


def changed(student: Student, name: str, value: float) -> Student:
    other = Student(width=8, depth=2)
    other.load_state_dict(student.state_dict())
    with torch.no_grad():
        other.get_parameter(name).fill_(value)
    return other


def test_pictures_have_the_stated_sizes_and_differ(pictures: list[np.ndarray]) -> None:
    assert [picture.shape[:2] for picture in pictures] == list(parity.SIZES)
    assert any(side % 2 for size in parity.SIZES for side in size)
    assert len({picture[:50, :50].tobytes() for picture in pictures}) == len(pictures)


def test_same_network_passes(monkeypatch, student, pictures) -> None:
    verdict = parity.check(made_file(monkeypatch, student), parity.Reference(student), pictures, 40)
    assert (verdict.verdict, verdict.psnr, verdict.worst_tile) == ("passed", 100, 100)
    assert verdict.photos == len(parity.SIZES)
    assert "413x531" in verdict.sizes


def test_changed_weight_fails_and_says_by_how_much(monkeypatch, student, pictures) -> None:
    made = made_file(monkeypatch, changed(student, "exit.bias", 0.1))
    verdict = parity.check(made, parity.Reference(student), pictures, 40)
    assert verdict.verdict == "failed"
    assert verdict.psnr is not None and 15 < verdict.psnr < 25  # a tenth of the range is 20 dB
    assert "below 40" in verdict.reason


def test_nan_fails_even_where_pixels_would_hide_it(monkeypatch, student, pictures) -> None:
    black = changed(changed(student, "exit.weight", 0), "exit.bias", -2)
    broken = changed(black, "exit.bias", float("nan"))
    assert np.array_equal(TorchRuntime(black, 4)(pictures[0]), TorchRuntime(broken, 4)(pictures[0]))
    verdict = parity.check(made_file(monkeypatch, broken), parity.Reference(black), pictures, 40)
    assert (verdict.verdict, verdict.reason) == ("failed", "NaN in its output")


def test_nan_of_the_reference_is_no_agreement(monkeypatch, student, pictures) -> None:
    broken = changed(student, "exit.bias", float("nan"))
    with pytest.raises(CheckFailed, match="checkpoint itself"):
        parity.check(made_file(monkeypatch, broken), parity.Reference(broken), pictures, 40)


def test_file_without_a_runtime_here_is_not_run(monkeypatch, student, pictures) -> None:
    def refuse(path: Path) -> None:
        raise NotRun(path, "no such machine")

    monkeypatch.setattr(parity, "open_runtime", refuse)
    verdict = parity.check(Path("M.mlpackage"), parity.Reference(student), pictures, 40)
    assert verdict == parity.Verdict("not run", "no such machine")


def test_worst_tile_finds_a_spoilt_corner() -> None:
    first = np.full((70, 65, 3), 100, np.uint8)
    second = first.copy()
    second[64:, 64:] = 200  # the last tile is 6 x 1 pixels
    assert parity.worst_tile(first, second) == pytest.approx(20 * np.log10(255 / 100))
    assert parity.worst_tile(first, first) == 100
