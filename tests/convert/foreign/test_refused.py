"""A file that is no picture network is refused in one line, with the remedy that helps."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from foreign_networks import save, save_painter
from onnx import helper

from convert.foreign.open import open_foreign
from pix2phone.errors import UserError
from pix2phone.external.convention import Convention
from pix2phone.external.network import Network


def save_two_inputs(path: Path) -> Path:
    shape = [1, 3, "h", "w"]
    return save(path, [("x", shape), ("strength", shape)], [helper.make_node("Add", ["x", "strength"], ["y"])])


def save_classifier(path: Path) -> Path:
    return save(path, [("x", [1, 3, "h", "w"])], [helper.make_node("ReduceMean", ["x"], ["y"], axes=[2, 3])])


def save_halved(path: Path) -> Path:
    node = helper.make_node("AveragePool", ["x"], ["y"], kernel_shape=[2, 2], strides=[2, 2])
    return save(path, [("x", [1, 3, 64, 64])], [node])


def save_weights_elsewhere(path: Path) -> None:
    """With its weights in a file of their own, which is then lost."""
    model = onnx.load(save_painter(path, "nchw", "0..1"))
    onnx.save(model, path, save_as_external_data=True, location="net.onnx.data", size_threshold=0)
    path.with_name("net.onnx.data").rename(path.with_name("other.data"))


def save_shaped(*shape: int | str) -> Callable[[Path], object]:
    """To save an ONNX network whose input has that shape."""
    return lambda path: save(path, [("x", list(shape))], [helper.make_node("Neg", ["x"], ["y"])])


def save_script(result: str, inputs: str = "image") -> Callable[[Path], None]:
    """To save a TorchScript network that gives `result` of its `inputs`."""
    return lambda path: _define(f"def forward(self, {inputs}):\n    return {result}\n", path)


def save_stops(path: Path) -> None:
    stop = "    if image.shape[2] != 300:\n        raise RuntimeError('only three hundred rows')\n"
    _define(f"def forward(self, image):\n{stop}    return image\n", path)


def _define(code: str, path: Path) -> None:
    module = type("Made", (torch.jit.ScriptModule,), {})()  # each of its own class, or "forward" is defined already
    module.define(code)
    module.save(str(path))


def save_weights(path: Path) -> None:
    torch.save(torch.nn.Conv2d(3, 3, 3).state_dict(), path)


def save_old_weights(path: Path) -> None:
    torch.save(torch.nn.Conv2d(3, 3, 3).state_dict(), path, _use_new_zipfile_serialization=False)


@pytest.mark.parametrize(
    ("file", "make", "line"),
    [
        ("net.onnx", lambda path: path, "no such file; name an .onnx or TorchScript file"),
        ("net.onnx", lambda path: path.write_text("weights"), "unreadable model .*; export it again"),
        (
            "net.onnx",
            save_two_inputs,
            r"takes x \(1x3xhxw\), strength .*; give all but the picture values by --input NAME=VALUES",
        ),
        ("net.onnx", save_classifier, "makes 1x1 of 64x64; its output must have its input's size"),
        ("net.onnx", save_halved, "makes 32x32 of 64x64; its output must have its input's size"),
        ("net.onnx", save_weights_elsewhere, r"its weights are in \S*/net.onnx.data, which is missing; put it there"),
        ("net.onnx", save_shaped(4, 3, "h", "w"), "takes 4 pictures at once; export it with a batch of one"),
        ("net.onnx", save_shaped(2, 64, 64, 3), "takes 2 pictures at once; export it with a batch of one"),
        ("net.onnx", save_shaped("n", 1, 64, 64), "takes grey pictures, of one channel; it must take three, RGB"),
        ("net.onnx", save_shaped(1, "h", "w", 1), "takes grey pictures, of one channel; it must take three, RGB"),
        ("net.onnx", save_shaped(1, 3, 1, "h", "w"), r"input shape .* is no picture's; it must have four dimensions"),
        ("net.onnx", save_shaped(3, "h", "w"), r"input shape .* is no picture's; it must have four dimensions"),
        ("net.pt", lambda path: path.write_text("weights"), "unreadable model .*; export it again"),
        ("net.onnx", lambda path: path.touch(), "is empty; export it again"),
        ("net.onnx", lambda path: path.mkdir(), "is a folder; name an .onnx or TorchScript file"),
        ("net.pt", save_weights, r".*TorchScript.*torch\.onnx\.export"),
        ("NET.PTH", save_weights, r".*TorchScript.*torch\.onnx\.export"),
        ("net.pt", save_old_weights, r".*TorchScript.*torch\.onnx\.export"),
        ("net.ts", save_script("image, image"), r"takes image and gives Tuple\[Tensor, Tensor\]; wrap it in a module"),
        ("net.ts", save_script("{'y': image}"), r"takes image and gives Dict\[str, Tensor\]; wrap it in a module"),
        ("net.ts", save_script("image + other", "image, other"), "takes image, other and gives Tensor; wrap it"),
        (
            "net.ts",
            save_script("image[:, :2]"),
            "makes float32 .*; it must make a picture of three channels, or a grey",
        ),
        (
            "net.ts",
            save_script("image.view(7)"),
            "cannot paint 64x64 as nchw .*shape.* size.*, or let it take pictures",
        ),
        (
            "net.ts",
            lambda path: _define("def paint(self, image):\n    return image\n", path),
            "takes nothing and gives",
        ),
        ("NET.ONNX", save_halved, "makes 32x32 of 64x64; its output must have its input's size"),
        ("net.ts", save_stops, "cannot paint 64x64 as nchw .*three hundred rows.*, or let it take pictures"),
    ],
)
def test_what_is_no_picture_network_is_one_line(
    tmp_path: Path,
    file: str,
    make: Callable[[Path], object],
    line: str,
    capfd: pytest.CaptureFixture[str],
) -> None:
    make(tmp_path / file)
    with pytest.raises(UserError, match=f"^--from: {tmp_path / file}: ({line})") as error:
        open_foreign(tmp_path / file)
    assert "\n" not in str(error.value)
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize(("kind", "calls"), [("Upsample", 1), ("AvgPool2d", 2)])
def test_scaling_is_told_by_its_first_pictures(
    tmp_path: Path, kind: str, calls: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = torch.nn.Upsample(scale_factor=4) if kind == "Upsample" else torch.nn.AvgPool2d(2)
    torch.jit.script(module).save(str(tmp_path / "net.ts"))
    tried: list[tuple[int, ...]] = []
    call = Network.call

    def counted(network: Network, photo: np.ndarray, said: Convention) -> np.ndarray:
        tried.append(photo.shape)
        return call(network, photo, said)

    monkeypatch.setattr(Network, "call", counted)
    with pytest.raises(UserError, match=r"net.ts: .*\d+x\d+ of \d+x\d+"):
        open_foreign(tmp_path / "net.ts")
    assert len(tried) == calls and max(map(max, tried)) < 110
