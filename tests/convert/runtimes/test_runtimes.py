"""Each artefact in its own runtime: any size in, the same size out, the same picture from all."""

from pathlib import Path

import numpy as np
import pytest
import torch

from convert import metadata
from convert.runtimes.base import Runtime, pad
from convert.runtimes.open import open_runtime
from convert.runtimes.torch_model import TorchRuntime
from pix2phone.errors import UserError
from train.checkpoint import load
from train.metrics import psnr
from train.models.generator import pad_to_multiple, painter

pytestmark = pytest.mark.converter

FILES = {
    "model-float32.tflite": 55,
    "model-float16.tflite": 50,
    "model.onnx": 55,
    "model-int8.tflite": 30,
    "model-int8.onnx": 30,
}
SIZES = [(413, 531), (7, 9), (1, 1), (2, 30), (64, 96)]


def photo(height: int, width: int) -> np.ndarray:
    """A smooth picture with an edge in it."""
    y, x = np.mgrid[:height, :width]
    picture = np.stack([x * 255 // width, y * 255 // height, 128 + 60 * np.sin(x / 9 + y / 7)], axis=-1)
    picture[height // 3 :, width // 2 :] //= 2
    return picture.astype(np.uint8)


@pytest.mark.parametrize("height, width", [*SIZES, (5, 2), (3, 64), (33, 31)])
@pytest.mark.parametrize("multiple", [1, 4, 32])
def test_padding_is_that_of_the_torch_contract(height: int, width: int, multiple: int) -> None:
    picture = np.random.default_rng(0).integers(0, 256, (height, width, 3), np.uint8)
    wanted = pad_to_multiple(torch.from_numpy(picture).permute(2, 0, 1)[None].float(), multiple)
    padded = pad(picture, height + -height % multiple, width + -width % multiple)
    assert np.array_equal(padded, wanted[0].permute(1, 2, 0).byte().numpy())


@pytest.mark.parametrize("name", FILES)
def test_made_file_paints_any_size_as_torch_does(converted: Path, checkpoint: Path, name: str) -> None:
    runtime = open_runtime(converted / name, threads=1)
    torch_painter = painter(load(checkpoint)[0])
    for height, width in SIZES:
        picture = photo(height, width)
        painted = runtime(picture)
        assert (painted.shape, painted.dtype) == (picture.shape, np.uint8)
        assert psnr(painted, torch_painter(picture)) > FILES[name], (height, width)


def test_load_invoke_read_are_the_call_in_steps(converted: Path) -> None:
    runtime = open_runtime(converted / "model-int8.tflite")
    assert (runtime.name, runtime.multiple) == ("LiteRT", 4)
    picture = photo(64, 96)
    runtime.load(picture)
    runtime.invoke()
    assert np.array_equal(runtime.read(), runtime(picture))


def test_read_rounds_clips_and_survives_nan() -> None:
    class Fixed(Runtime):
        name, multiple = "fixed", 1

        def load(self, picture: np.ndarray) -> None: ...

        def invoke(self) -> None: ...

        def raw(self) -> np.ndarray:
            return np.array([[[0.4999 / 255, 1.5001 / 255, 2.0], [-1.0, np.nan, 1.0]]], np.float32)

    assert Fixed().read().tolist() == [[[0, 2, 255], [0, 0, 255]]]


def test_checkpoint_with_an_int8_step_runs_quantised(checkpoint: Path, converted: Path) -> None:
    picture = photo(64, 96)
    runtime = open_runtime(checkpoint)
    assert runtime.name == "torch"
    whole = TorchRuntime(load(checkpoint)[0], 4)(picture)
    assert not np.array_equal(runtime(picture), whole)
    phone = open_runtime(converted / "model-int8.tflite")(picture)
    assert psnr(runtime(picture), phone) > psnr(runtime(picture), whole)


def test_core_ml_package_is_evaluated_where_there_is_no_core_ml(
    converted: Path, checkpoint: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("platform.system", lambda: "Linux")
    runtime = open_runtime(converted / "Model.mlpackage", threads=1)
    assert (runtime.verdict, open_runtime(converted / "model.onnx").verdict) == ("passed (evaluated)", "passed")
    assert psnr(runtime(photo(200, 256)), painter(load(checkpoint)[0])(photo(200, 256))) > 50


@pytest.mark.parametrize("name", ["broken.tflite", "broken.onnx", "broken.safetensors", "missing.onnx", "photo.jpg"])
def test_bad_file_is_one_line(tmp_path: Path, name: str) -> None:
    if "missing" not in name:
        (tmp_path / name).write_bytes(b"TFL3 this is no model" * 9)
    with pytest.raises(UserError) as error:
        open_runtime(tmp_path / name)
    assert name in str(error.value) and "\n" not in str(error.value)


def test_foreign_tflite_file_is_refused_for_want_of_its_multiple(tmp_path: Path, converted: Path) -> None:
    content = (converted / "model-float32.tflite").read_bytes()
    (tmp_path / "foreign.tflite").write_bytes(content.replace(metadata.KEY.encode() + b"\0", b"someone__\0"))
    with pytest.raises(UserError, match="sizes"):
        open_runtime(tmp_path / "foreign.tflite")
