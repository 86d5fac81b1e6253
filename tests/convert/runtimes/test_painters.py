"""Networks of others through convert.run, and their whole convention in every file that is made of them."""

import json
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import torch
from foreign_networks import save_look, save_weighted
from made_files import exit_code
from PIL import Image

from convert.__main__ import main as convert
from convert.foreign.coreml import OwnNumbers
from convert.run import main as run
from convert.runtimes.open import open_runtime
from convert.runtimes.painters import open_painter
from convert.runtimes.torch_model import TorchRuntime
from pix2phone.errors import UserError
from pix2phone.external.convention import Convention
from pix2phone.pictures import read_picture, write_picture
from train.data.photos import builtin
from train.metrics import psnr

pytestmark = pytest.mark.converter

IMAGENET = ("--mean", "0.485,0.456,0.406", "--std", "0.229,0.224,0.225")


@pytest.fixture
def photo(tmp_path: Path) -> np.ndarray:
    """One of the built-in photos, also in photo.png."""
    picture = read_picture(builtin("held-out")[0])[100:196, 200:328]
    write_picture(tmp_path / "photo.png", picture)
    return picture


@pytest.fixture
def wanted(photo: np.ndarray, tmp_path: Path) -> np.ndarray:
    """The look's reference output, fed without any of our code."""
    session = onnxruntime.InferenceSession(str(save_look(tmp_path / "plain.onnx")))
    (made,) = session.run(None, {"x": (photo.transpose(2, 0, 1)[None] / 255).astype(np.float32)})
    return np.rint(made[0].transpose(1, 2, 0) * 255).astype(np.uint8)


def painted(folder: Path) -> np.ndarray:
    return np.asarray(Image.open(folder / "out" / "photo.png"))


@pytest.mark.parametrize(
    ("numbers", "bgr", "flags"),
    [
        ("-1..1", False, ()),
        ("0..255", False, ()),
        ("0..1 to 0..255", False, ()),
        ("-127.5..127.5", False, ("--range", "-127.5..127.5")),
        ("-1..1 to 0..1", False, ("--input-range", "-1..1", "--output-range", "0..1")),
        ("imagenet", True, (*IMAGENET, "--bgr")),
    ],
)
def test_convert_run_paints_with_networks_of_others(
    tmp_path: Path, wanted: np.ndarray, numbers: str, bgr: bool, flags: tuple[str, ...]
) -> None:
    net = save_look(tmp_path / "net.onnx", numbers, bgr)
    assert exit_code(run, net, tmp_path / "photo.png", "--out", tmp_path / "out", *flags) == 0
    assert psnr(painted(tmp_path), wanted) > 55


@pytest.mark.parametrize(
    ("numbers", "flags"),
    [
        ("0..255 to 0..1", ("--range", "0..255")),
        ("0..1 to 0..255", ("--range", "0..1")),
        ("-1..1 to 0..1", ("--mean", "a")),
    ],
)
def test_what_is_said_wrong_is_one_line_and_paints_nothing(
    tmp_path: Path, photo: np.ndarray, numbers: str, flags: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    net = save_look(tmp_path / "net.onnx", numbers)
    for main, words in ((run, (net, tmp_path / "photo.png")), (convert, ("--from", net, "--target", "onnx"))):
        assert exit_code(main, *words, "--out", tmp_path / "out", *flags) == 2
        line = capsys.readouterr().err
        assert line.count("\n") == 1 and "--mean" in line
    assert not list(tmp_path.glob("out/*"))


def test_a_file_that_was_made_here_says_itself_what_it_takes(
    tmp_path: Path, photo: np.ndarray, converted: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model = converted / "model-float32.tflite"
    assert exit_code(run, model, tmp_path / "photo.png", "--out", tmp_path / "out", "--range", "0..1") == 2
    line = capsys.readouterr().err
    assert line.startswith("error: --range: 0..1: ") and str(model) in line


@pytest.mark.parametrize(("kind", "low"), [("uint8", 0.0), ("int8", -1.0)])
def test_scale_and_zero_point_of_quantised_files_are_applied(
    tmp_path: Path, photo: np.ndarray, kind: str, low: float
) -> None:
    """A negative of pictures in [low, 1], 8-bit at both ends, as TensorFlow's converter makes them."""
    import tensorflow as tf

    given = tf.TensorSpec([1, 96, 128, 3], tf.float32)
    negative = tf.function(lambda x: (1 + low) - tf.nn.avg_pool2d(x, 3, 1, "SAME")).get_concrete_function(given)
    converter = tf.lite.TFLiteConverter.from_concrete_functions([negative])
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    ramp = np.linspace(low, 1, 96 * 128 * 3).reshape(1, 96, 128, 3).astype(np.float32)
    converter.representative_dataset = lambda: [[ramp], [ramp[:, ::-1].copy()]]
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
    converter.inference_input_type = converter.inference_output_type = getattr(tf, kind)
    (tmp_path / "net.tflite").write_bytes(converter.convert())
    assert exit_code(run, tmp_path / "net.tflite", tmp_path / "photo.png", "--out", tmp_path / "out") == 0
    session = tf.nn.avg_pool2d(photo[None].astype(np.float32), 3, 1, "SAME")[0].numpy()
    assert np.abs(painted(tmp_path) - (255.0 - session)).max() <= 4


def test_another_input_is_given_and_one_output_chosen(
    tmp_path: Path, photo: np.ndarray, capsys: pytest.CaptureFixture[str]
) -> None:
    net, flags = save_weighted(tmp_path / "net.onnx"), ("--range", "0..1", "--output", "y")
    assert exit_code(run, net, tmp_path / "photo.png", "--out", tmp_path / "out", *flags) == 2
    assert "weights (3x1x1)" in (line := capsys.readouterr().err) and "--input NAME=VALUES" in line
    flags = (*flags, "--input", "weights=1,0.5,1")
    assert exit_code(run, net, tmp_path / "photo.png", "--out", tmp_path / "out", *flags) == 0
    assert np.abs(painted(tmp_path) - photo * [1, 0.5, 1]).max() <= 1
    assert (
        exit_code(convert, "--from", net, "--out", tmp_path / "made", "--target", "onnx", "--sizes", "64", *flags) == 0
    )
    made = onnxruntime.InferenceSession(str(tmp_path / "made" / "model.onnx"))
    assert (len(made.get_inputs()), len(made.get_outputs())) == (1, 1)
    assert np.abs(open_runtime(tmp_path / "made" / "model.onnx")(photo) - photo * [1, 0.5, 1]).max() <= 1


def test_every_file_carries_the_whole_convention(tmp_path: Path, photo: np.ndarray, wanted: np.ndarray) -> None:
    net = save_look(tmp_path / "net.onnx", "imagenet", bgr=True)
    flags = ("--target", "all", "--sizes", "96x128", *IMAGENET, "--bgr")
    assert exit_code(convert, "--from", net, "--out", tmp_path / "made", *flags) == 0
    rows = json.loads((tmp_path / "made" / "converted.json").read_text())["rows"]
    for row in rows:
        runtime = open_runtime(tmp_path / "made" / row["file"])
        assert psnr(runtime(photo), wanted) > (30 if row["precision"] == "dynamic" else 45), row["file"]
    assert len(rows) == 5


def test_grey_pictures_become_three_channels_in_every_file(tmp_path: Path, photo: np.ndarray) -> None:
    net = save_look(tmp_path / "net.onnx", grey=True)
    flags = ("--target", "all", "--sizes", "96x128", "--range", "0..1")
    assert exit_code(convert, "--from", net, "--out", tmp_path / "made", *flags) == 0
    rows = json.loads((tmp_path / "made" / "converted.json").read_text())["rows"]
    for row in rows:
        made = open_runtime(tmp_path / "made" / row["file"])(photo).astype(int)
        assert made.shape == photo.shape and made.std() > 10 and np.ptp(made, axis=2).max() <= 1, row["file"]


class Halved(torch.nn.Module):
    """Takes blue first, in 0..255 less a mean, and gives half of it in -1..1."""

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        return (image + torch.tensor([10.0, 20.0, 30.0])[:, None, None]) / 255 - 1


def test_torchscript_goes_to_core_ml_with_its_whole_convention(photo: np.ndarray) -> None:
    convention = Convention(input_range="0..255", output_range="-1..1", mean="10,20,30", bgr=True)
    made = TorchRuntime(OwnNumbers(Halved(), "nchw", convention), 1)(photo)
    assert np.abs(made - photo / 2).max() <= 1


@pytest.mark.parametrize("share", [0.02, 0.3, 0.5, 0.8, 0.98])
def test_a_litert_file_that_was_cut_short_is_one_line(tmp_path: Path, share: float) -> None:
    """LiteRT's interpreter itself reads beyond its end, and takes the process with it."""
    whole = Path("android_demo/app/src/main/assets/models/small-int8.tflite").resolve().read_bytes()
    path = tmp_path / "cut.tflite"
    path.write_bytes(whole[: int(len(whole) * share)])
    with pytest.raises(UserError, match=r"cut\.tflite"):
        open_painter(path, Convention())
    with pytest.raises(UserError, match=r"cut\.tflite"):
        open_runtime(path)
