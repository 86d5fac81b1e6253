"""Sessions: the same network in each runtime gives the same values, resized to whatever is fed."""

from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from onnx import TensorProto, helper
from torch import nn

from pix2phone.runtimes.flatbuffer import pack, unpack
from pix2phone.runtimes.litert_session import LiteRTSession, real
from pix2phone.runtimes.onnx_session import OnnxSession
from pix2phone.runtimes.per_thread import PerThread
from pix2phone.runtimes.session import Session
from pix2phone.runtimes.torchscript_session import TorchScriptSession
from train.data.photos import PHOTOS_DIR

ANDROID = PHOTOS_DIR.parents[2] / "android_demo/app/src/main/assets/models/small-int8.tflite"


def save_two_outputs(path: Path) -> Path:
    """x -> "same", which is x, and "double", which is x + x."""
    shape = [1, 3, "h", "w"]
    x, *made = (helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name in ("x", "same", "double"))
    nodes = [helper.make_node("Identity", ["x"], ["same"]), helper.make_node("Add", ["x", "x"], ["double"])]
    graph = helper.make_graph(nodes, "two", [x], made)
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=10), path)
    return path


def image(height: int, width: int) -> np.ndarray:
    return np.random.default_rng(height).random((1, 3, height, width), np.float32)


def run(session: Session, values: np.ndarray, name: str) -> np.ndarray:
    session.feed({session.inputs[0].name: values})
    session.run()
    return session.read(name)


@pytest.mark.parametrize("optimise", ["all", "basic", "none"])
def test_onnx_computes_the_wanted_outputs_alone(tmp_path: Path, optimise: str) -> None:
    session = OnnxSession(save_two_outputs(tmp_path / "two.onnx"), threads=1, optimise=optimise)  # type: ignore[arg-type]
    assert [(one.name, one.dtype) for one in session.outputs] == [("same", "float32"), ("double", "float32")]
    assert session.inputs[0].shape == [1, 3, "h", "w"]
    for sides in ((4, 6), (7, 5)):
        np.testing.assert_array_equal(run(session, image(*sides), "double"), 2 * image(*sides))
    session.wanted = ["double"]
    run(session, image(4, 6), "double")
    with pytest.raises(ValueError, match="same"):
        session.read("same")


def test_an_optimised_network_is_written(tmp_path: Path) -> None:
    content = save_two_outputs(tmp_path / "two.onnx").read_bytes()
    OnnxSession(content, optimise="basic", written=tmp_path / "written.onnx")
    assert {output.name for output in onnx.load(tmp_path / "written.onnx").graph.output} == {"same", "double"}


def test_litert_takes_stored_and_real_numbers_of_a_quantised_input() -> None:
    session = LiteRTSession(ANDROID, threads=1)
    name, output = session.inputs[0].name, session.outputs[0].name
    assert session.inputs[0].dtype == "float32" and session.span(name) == pytest.approx((0, 1), abs=1e-6)
    levels = np.random.default_rng(0).integers(0, 256, (1, 32, 48, 3), dtype=np.uint8)
    made = run(session, levels, output)
    stored = session.read_stored(output)
    assert stored.dtype == np.uint8 and stored.shape == levels.shape
    np.testing.assert_array_equal(made, real(stored, session.given[0]))
    np.testing.assert_array_equal(run(session, levels.astype(np.float32) / 255, output), made)


def test_litert_goes_on_after_a_size_that_it_cannot_take() -> None:
    session = LiteRTSession(ANDROID, threads=1)
    levels, output = np.full((1, 32, 48, 3), 90, np.uint8), session.outputs[0].name
    before = run(session, levels, output)
    with pytest.raises((RuntimeError, ValueError)):
        run(session, levels[:, :31, :47], output)
    np.testing.assert_array_equal(run(session, levels, output), before)


def test_litert_raises_for_a_damaged_file(tmp_path: Path) -> None:
    damaged = tmp_path / "damaged.tflite"
    damaged.write_bytes(ANDROID.read_bytes()[:2000])
    with pytest.raises(Exception, match=r"\S"):
        LiteRTSession(damaged)


def test_a_flatbuffer_comes_back_as_the_same_network() -> None:
    again = pack(unpack(ANDROID.read_bytes()))
    assert pack(unpack(again)) == again
    levels = np.full((1, 32, 48, 3), 90, np.uint8)
    sessions = [LiteRTSession(ANDROID, 1), LiteRTSession(again, 1)]
    first, second = (run(session, levels, session.outputs[0].name) for session in sessions)
    np.testing.assert_array_equal(first, second)


class Refuses(nn.Module):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        assert x.shape[2] > 4, "too small a picture"
        return 1 - x


def test_torchscript_says_its_own_line_without_the_place_in_the_code() -> None:
    session = TorchScriptSession(torch.jit.script(Refuses()))
    np.testing.assert_array_equal(run(session, image(5, 5), session.wanted[0]), 1 - image(5, 5))
    with pytest.raises(RuntimeError, match="small") as error:
        run(session, image(3, 3), session.wanted[0])
    assert "\n" not in str(error.value)


def test_a_session_per_thread_opens_once_in_each_and_says_what_the_first_says(tmp_path: Path) -> None:
    path, opened = save_two_outputs(tmp_path / "two.onnx"), []

    def opener(threads: int | None) -> OnnxSession:
        opened.append(threads)
        return OnnxSession(path, threads)

    session = PerThread(opener)
    session.wanted = ["double"]
    for _ in range(2):
        np.testing.assert_array_equal(run(session, image(4, 6), "double"), 2 * image(4, 6))
    assert opened == [None] and session.inputs[0].name == "x" and session.span("x") is None
