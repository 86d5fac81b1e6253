"""Files that --system names: any layout, type and size, timed as they are; bad ones are one line."""

from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from onnx import TensorProto, helper

from benchmarks.systems.added_file import AddedFile
from benchmarks.systems.catalog import all_systems
from benchmarks.systems.openvino_file import OpenVinoRuntime
from benchmarks.systems.system import Failed, System
from benchmarks.timing.worker_session import Session
from compress.graph import export_graph
from convert.litert.write import write_tflite
from convert.metadata import write_tflite_metadata
from convert.onnx.write import write_onnx
from pix2phone.errors import UserError
from train.models import build

pytestmark = pytest.mark.converter

PICTURE = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)


def save_onnx(path: Path, shape: list[int | str], kind: int = TensorProto.FLOAT, operator: str = "Identity") -> Path:
    ends = [helper.make_tensor_value_info(name, kind, shape) for name in ("x", "y")]
    graph = helper.make_graph([helper.make_node(operator, ["x"], ["y"])], "net", ends[:1], ends[1:])
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), path)
    return path


def session(path: Path) -> Session:
    made = Session(
        System(path.name, "net", "added", "onnxruntime", "as it is", 1, lambda n: AddedFile(path, n), path=path)
    )
    made.open()
    return made


@pytest.mark.parametrize(
    ("shape", "kind"),
    [
        ([1, 3, "h", "w"], TensorProto.FLOAT),
        ([1, "h", "w", 3], TensorProto.FLOAT),
        ([1, 3, 64, 64], TensorProto.FLOAT16),
        ([1, "h", "w", 3], TensorProto.UINT8),
    ],
)
def test_an_onnx_file_is_fed_as_it_wants_it(tmp_path: Path, shape: list[int | str], kind: int) -> None:
    made = session(save_onnx(tmp_path / "net.onnx", shape, kind))
    assert made.first(PICTURE) > 0 and made.turn() > 0
    raw = made.raw()
    scale = 1 if raw.dtype == np.uint8 else 255
    assert np.abs(raw.astype(np.float32) * scale - PICTURE).max() < 0.2


def test_a_size_that_the_file_does_not_take_is_not_run(tmp_path: Path) -> None:
    made = session(save_onnx(tmp_path / "net.onnx", [1, 3, 32, 32]))
    with pytest.raises(UserError, match="takes only 32x32"):
        made.first(PICTURE)


def test_nan_is_named(tmp_path: Path) -> None:
    made = session(save_onnx(tmp_path / "net.onnx", [1, 3, "h", "w"], operator="Log"))  # of black
    with pytest.raises(Failed, match="NaN or infinity"):
        made.first(np.zeros_like(PICTURE))


def test_a_tflite_file_with_our_metadata_runs_at_any_size_and_another_at_its_own(tmp_path: Path) -> None:
    path = tmp_path / "net.tflite"
    write_tflite(export_graph(build("nano").eval()), path, "float32", None)
    with pytest.raises(UserError, match="takes only 512x512"):
        session(path).first(PICTURE)
    write_tflite_metadata(path, {"multiple": 4})
    made = session(path)
    assert made.first(PICTURE) > 0 and made.raw().shape == (64, 64, 3)


def test_torchscript_runs_and_a_pickle_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "net.pt"
    torch.jit.save(torch.jit.script(torch.nn.ReLU()), path)
    made = session(path)
    made.first(PICTURE)
    assert np.abs(made.raw() * 255 - PICTURE).max() < 0.01
    torch.save(torch.nn.ReLU(), path)
    with pytest.raises(UserError, match=r"net\.pt: .*torch\.onnx\.export"):
        session(path)


@pytest.mark.parametrize("suffix", [".onnx", ".tflite", ".pt"])
def test_an_unreadable_file_is_one_line(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"net{suffix}"
    path.write_bytes(b"no network at all")
    with pytest.raises(UserError, match=rf"net\{suffix}: .+\(.+\)") as error:
        session(path)
    assert "\n" not in str(error.value)


def test_an_input_that_is_no_picture_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"\[1, 7, 8, 9\]"):
        session(save_onnx(tmp_path / "net.onnx", [1, 7, 8, 9]))


def test_openvino_agrees_with_the_network(tmp_path: Path) -> None:
    torch.manual_seed(0)
    model = build("nano").eval()
    torch.nn.init.normal_(model.get_parameter("exit.weight"), std=0.05)
    write_onnx(export_graph(model), tmp_path / "net.onnx", {"multiple": model.spec.multiple})
    runtime = OpenVinoRuntime(tmp_path / "net.onnx", 1)
    image = torch.from_numpy(PICTURE.astype(np.float32) / 255).permute(2, 0, 1)[None]
    with torch.inference_mode():
        wanted = model(image)[0].permute(1, 2, 0).numpy()
    runtime.load(PICTURE)
    runtime.invoke()
    assert np.abs(runtime.raw() - wanted).max() < 1e-3


def test_the_list_of_systems_names_each_once_and_says_what_is_missing(tmp_path: Path) -> None:
    graph = export_graph(build("nano").eval())
    write_tflite(graph, tmp_path / "model.tflite", "float32", None)
    write_tflite_metadata(tmp_path / "model.tflite", {"multiple": 4})
    (tmp_path / "model.onnx").touch()
    (tmp_path / "other").mkdir()
    systems = all_systems(tmp_path, 3, [save_onnx(tmp_path / "other" / "net.onnx", [1, 3, 8, 8])], quick=False)
    keys = [system.key for system in systems]
    assert len(set(keys)) == len(keys)
    assert [key for key in keys if "tflite" in key] == [
        "model.tflite",
        "model.tflite 2 threads",
        "model.tflite 1 thread",
    ]
    groups = {system.group for system in systems}
    assert groups == {"paper", "peer", "made", "added"}
    assert sum(system.judged for system in systems) == 4  # checkpoint, .tflite once, .onnx in both runtimes
    if not torch.cuda.is_available():
        assert all(system.absent for system in systems if system.backend.startswith("CUDA"))
    with pytest.raises(UserError, match=r"model\.onnx: "):
        all_systems(tmp_path, 3, [tmp_path / "other" / "model.onnx"], quick=False)
    quick = all_systems(tmp_path, 3, [], quick=True)
    assert {system.runtime for system in quick} == {"torch", "LiteRT", "onnxruntime"}
    assert next(system.key for system in quick if system.group != "made") == "unet-resnet18"
    assert "unet-resnet34" not in {system.model for system in quick}
