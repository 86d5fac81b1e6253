"""Networks that were not trained here: their conventions are inferred, and their files paint as they do."""

import json
from pathlib import Path

import coremltools
import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from foreign_networks import FREE, save, save_negative, save_painter, save_torchscript
from made_files import exit_code
from onnx import TensorProto, helper

from benchmarks.systems.added_file import AddedFile
from convert import metadata
from convert.__main__ import main
from convert.foreign.coreml import by_onnx, straight
from convert.foreign.jobs import list_foreign_jobs
from convert.foreign.open import open_foreign
from convert.plan.options import ConvertOptions
from convert.runtimes.open import open_runtime
from convert.runtimes.torch_model import TorchRuntime
from pix2phone.errors import UserError
from pix2phone.external.convention import LAYOUTS, RANGES, Convention
from pix2phone.pictures import read_picture
from train.data.photos import builtin
from train.metrics import psnr
from train.styles import load_style
from train.styles.choice import StyleChoice

pytestmark = pytest.mark.converter

UNIT = Convention(input_range="0..1", output_range="0..1")


def photo(height: int, width: int) -> np.ndarray:
    return read_picture(builtin("held-out")[0])[100 : 100 + height, 200 : 200 + width]


def by_hand(path: Path, picture: np.ndarray, layout: str, value_range: str) -> np.ndarray:
    """The output of the ONNX network at `path` for `picture`, fed without any of our code."""
    low, high = RANGES[value_range]
    image = (picture[None] / 255 * (high - low) + low).astype(np.float32)
    image = image.transpose(0, 3, 1, 2) if layout == "nchw" else image
    (made,) = onnxruntime.InferenceSession(str(path)).run(None, {"x": image})
    made = (made.transpose(0, 2, 3, 1) if layout == "nchw" else made)[0]
    return np.rint(((made - low) / (high - low)).clip(0, 1) * 255).astype(np.uint8)


def convert(source: Path, out: Path, *targets: str) -> dict[str, str]:
    """The verdict on each file."""
    exit_code(main, "--from", source, "--out", out, "--target", *targets)
    return {row["file"]: row["verdict"] for row in json.loads((out / "converted.json").read_text())["rows"]}


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("value_range", RANGES)
@pytest.mark.parametrize(("sides", "multiple"), [(FREE, 1), (FREE, 8), ((48, 64), 8)])
def test_layout_range_and_sizes_are_found_and_baked_into_the_onnx_file(
    tmp_path: Path, layout: str, value_range: str, sides: tuple, multiple: int
) -> None:
    path = save_painter(tmp_path / "net.onnx", layout, value_range, sides, multiple)
    network = open_foreign(path)
    assert network.metadata["foreign"]["layout"] == layout
    assert network.metadata["multiple"] == (multiple if sides == FREE else 1)
    assert network.metadata.get("sizes") == (None if sides == FREE else [sides])
    picture = photo(48, 64)
    assert picture.std() > 10 and psnr(network.reference(picture), picture) < 20, "it does change pictures"
    (writer,) = list_foreign_jobs(network, network.metadata, ConvertOptions(["onnx"], [(64, 64)]))
    writer.write(tmp_path / writer.file)
    wanted = by_hand(path, picture, layout, value_range)
    for runtime in (network.reference, open_runtime(tmp_path / writer.file)):
        assert psnr(runtime(picture), wanted) > 60
        assert runtime(picture[:41, :53]).shape == (41, 53, 3)


@pytest.mark.parametrize("multiple", [3, 6, 7, 24, 32, 120])
def test_any_multiple_is_found_wherever_a_network_is_named(tmp_path: Path, multiple: int) -> None:
    path = save_painter(tmp_path / "NET.ONNX", "nchw", "0..1", multiple=multiple)
    network, picture = open_foreign(path, UNIT), photo(130, 150)
    assert network.metadata["multiple"] == multiple and "sizes" not in network.metadata
    assert AddedFile(path, 1).multiple == multiple
    painted = load_style(StyleChoice(str(path), network=UNIT)).paint(picture)
    assert painted.shape == picture.shape and network.reference(picture).shape == picture.shape
    inner = slice(0, 128 // multiple * multiple - 1)
    assert psnr(painted[inner, inner], network.reference(picture)[inner, inner]) > 60


@pytest.mark.parametrize("kind", [TensorProto.UINT8, TensorProto.FLOAT16])
def test_other_types_become_float_pictures(tmp_path: Path, kind: int) -> None:
    network = open_foreign(save_negative(tmp_path / "net.onnx", kind))
    (writer,) = list_foreign_jobs(network, network.metadata, ConvertOptions(["onnx"], [(64, 64)]))
    writer.write(tmp_path / writer.file)
    picture = photo(41, 53)
    painted = open_runtime(tmp_path / writer.file)(picture)
    assert np.abs(painted - (255.0 - picture)).max() <= (0 if kind == TensorProto.UINT8 else 1)


def test_the_range_can_be_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = save_painter(tmp_path / "net.onnx", "nchw", "0..255")
    said = Convention(input_range="0..255", output_range="0..255")
    assert open_foreign(path, said).metadata["foreign"] == {**said.stated, "layout": "nchw"}
    assert capsys.readouterr().out == ""
    found = open_foreign(path).network.convention
    assert (found.entry, found.exit) == (said.entry, said.exit)
    (line,) = capsys.readouterr().out.splitlines()
    assert line.startswith(f"--from: {path}: ") and "0..255 in" in line and "--input-range" in line
    with pytest.raises(UserError, match=f"^--from: {path}: .*--input-range, --output-range, --mean, --std, --bgr"):
        open_foreign(path, Convention(input_range="-1..1", output_range="-1..1"))


@pytest.fixture(scope="module")
def free(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A network with channels last, in 0..255, sides multiples of 8, and the command's files for it in out/."""
    folder = tmp_path_factory.mktemp("free")
    source = save_painter(folder / "net.onnx", "nhwc", "0..255", multiple=8)
    assert all(verdict.startswith("passed") for verdict in convert(source, folder / "out", "all").values())
    return folder


@pytest.mark.parametrize(
    ("file", "floor"),
    [
        ("model.onnx", 60),
        ("model-float32.tflite", 60),
        ("model-float16.tflite", 50),
        ("model-dynamic.tflite", 30),
    ],
)
def test_one_file_paints_every_size_as_the_original_does(free: Path, file: str, floor: float) -> None:
    runtime = open_runtime(free / "out" / file)
    assert runtime.multiple == 8 and not runtime.sizes
    for size in ((64, 64), (96, 136)):
        picture = photo(*size)
        assert psnr(runtime(picture), by_hand(free / "net.onnx", picture, "nhwc", "0..255")) > floor
    assert runtime(photo(41, 53)).shape == (41, 53, 3)


def test_litert_file_takes_plain_pictures(free: Path) -> None:
    runtime = open_runtime(free / "out" / "model-float32.tflite")
    picture = photo(64, 64)
    runtime(picture)
    assert runtime.raw().dtype == np.float32 and runtime.raw().shape == (64, 64, 3)
    assert 0.3 < runtime.raw().mean() < 1


def test_files_say_where_they_come_from(free: Path) -> None:
    facts = metadata.read_tflite_metadata(free / "out" / "model-float32.tflite")
    assert (facts["checkpoint"], facts["model"], facts["multiple"]) == ("net.onnx", "net", 8)
    properties = {entry.key: entry.value for entry in onnx.load(free / "out" / "model.onnx").metadata_props}
    assert json.loads(properties["pix2phone"]) == facts


def test_core_ml_package_takes_images_of_the_multiple(free: Path) -> None:
    model = coremltools.models.MLModel(str(free / "out" / "Model.mlpackage"), skip_model_load=True)
    image = model.get_spec().description.input[0].type.imageType
    sizes = {(size.height, size.width) for size in image.enumeratedSizes.sizes}
    assert sizes == {(256, 256), (512, 512)}


def test_what_coremltools_reads_is_the_same_network(tmp_path: Path, free: Path) -> None:
    script = open_foreign(save_torchscript(tmp_path / "net.ts"))
    for network, way in [(open_foreign(free / "net.onnx"), by_onnx), (script, by_onnx), (script, straight)]:
        picture = photo(96, 136)
        model = TorchRuntime(way(network), 8)
        assert psnr(model(picture), network.reference(picture)) > 60


def test_fixed_size_is_kept_and_pictures_padded_to_it(tmp_path: Path) -> None:
    source = save_painter(tmp_path / "net.onnx", "nchw", "-1..1", (48, 64))
    verdicts = convert(source, tmp_path, "tflite", "coreml")
    assert all(verdict.startswith("passed") for verdict in verdicts.values())
    image = coremltools.models.MLModel(str(tmp_path / "Model.mlpackage"), skip_model_load=True)
    described = image.get_spec().description.input[0].type.imageType
    assert (described.height, described.width) == (48, 64) and not described.enumeratedSizes.sizes
    runtime = open_runtime(tmp_path / "model-float32.tflite")
    assert runtime.sizes == [(48, 64)]
    assert psnr(runtime(photo(48, 64)), by_hand(source, photo(48, 64), "nchw", "-1..1")) > 60
    assert runtime(photo(30, 50)).shape == (30, 50, 3)
    assert runtime.tiling == "local" and runtime.receptive_field <= 16
    assert runtime(photo(48, 165)).shape == (48, 165, 3)  # by tiles


def test_torchscript_that_onnx2tf_ties_to_a_size_is_written_for_one(tmp_path: Path) -> None:
    source = save_torchscript(tmp_path / "net.pt", unshuffle=True)
    assert set(convert(source, tmp_path, "tflite", "onnx", "--sizes", "63").values()) == {"passed"}
    assert open_runtime(tmp_path / "model.onnx").padded(41, 53) == (42, 54)
    runtime = open_runtime(tmp_path / "model-float32.tflite")
    assert runtime.sizes == [(64, 64)]
    picture, module = photo(64, 64), torch.jit.load(str(source))
    image = torch.from_numpy(picture).permute(2, 0, 1)[None].float() / 127.5 - 1
    wanted = ((module(image)[0].permute(1, 2, 0) + 1) * 127.5).round().byte().numpy()
    assert psnr(runtime(picture), wanted) > 60


def test_operator_that_onnx2tf_refuses_is_named_with_its_log(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    node = helper.make_node("LpPool", ["x"], ["y"], kernel_shape=[3, 3], pads=[1, 1, 1, 1])
    source = save(tmp_path / "net.onnx", [("x", [1, 3, "h", "w"])], [node])
    (tmp_path / "model-float32.tflite").write_bytes(b"of another network")
    assert exit_code(main, "--from", source, "--out", tmp_path, "--target", "tflite", "--range", "0..1") == 1
    line = capsys.readouterr().err
    assert line.count("\n") == 1 and "onnx2tf" in line and "LpPool" in line
    log = Path(line.split("all it said: ")[1].split(";")[0])
    assert "onnx2tf.ops.LpPool" in log.read_text()
    assert {path.name for path in tmp_path.iterdir()} == {"net.onnx", "converted.json"}


def test_package_that_cannot_be_run_here_is_not_kept(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = save(tmp_path / "net.onnx", [("x", [1, 3, "h", "w"])], [helper.make_node("Atan", ["x"], ["y"])])
    out = tmp_path / "out"
    (out / "Model.mlpackage").mkdir(parents=True)  # of another network
    flags = ("--from", source, "--out", out, "--target", "coreml", "--sizes", "64", "--range", "0..1")
    assert exit_code(main, *flags) == 1
    line = capsys.readouterr().err.splitlines()[-1]  # the lines before are coremltools', muted in a shell
    assert "Model.mlpackage: not run: atan" in line
    (row,) = json.loads((out / "converted.json").read_text())["rows"]
    assert (row["verdict"], row["bytes"]) == ("not run", None)
    assert {path.name for path in out.iterdir()} == {"converted.json"}
    assert exit_code(main, *flags, "--keep-failed") == 1
    assert {path.name for path in out.iterdir()} == {"converted.json", "Model.failed.mlpackage"}


def test_network_that_onnx_refuses_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    model = onnx.load(save_negative(tmp_path / "net.onnx", TensorProto.FLOAT))
    model.graph.name = ""  # onnxruntime takes it so
    onnx.save(model, tmp_path / "net.onnx")
    flags = ("--target", "onnx", "--sizes", "64", "--range", "0..1", "--out", tmp_path / "out")
    assert exit_code(main, "--from", tmp_path / "net.onnx", *flags) == 1
    line = capsys.readouterr().err
    assert line.count("\n") == 1 and "net.onnx (Field 'name'" in line
