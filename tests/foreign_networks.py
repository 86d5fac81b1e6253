"""Tiny picture networks such as others have: ONNX of any layout, range and size, and TorchScript."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import NodeProto, TensorProto, helper, numpy_helper
from torch import nn

from pix2phone.external.convention import RANGES

Sides = tuple[int | str, int | str]
FREE: Sides = ("h", "w")


def save(path: Path, inputs: Sequence[tuple[str, list]], nodes: list[NodeProto], weights: Sequence = ()) -> Path:
    """A model of `nodes` from `inputs` (name, shape) to "y"."""
    ends = [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name, shape in inputs]
    result = helper.make_tensor_value_info("y", TensorProto.FLOAT, [None] * 4)
    graph = helper.make_graph(nodes, "foreign", ends, [result], weights)
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=10), path)
    return path


def save_painter(path: Path, layout: str, value_range: str, sides: Sides = FREE, multiple: int = 1) -> Path:
    """Mixes the colours of the photo with those of its neighbourhood, `multiple` pixels wide, and turns them."""
    low, high = RANGES[value_range]
    mix = np.array([[-0.8, 0.1, 0.1], [0.1, -0.7, 0.1], [0, 0.2, -0.8]], np.float32)
    kernel = np.zeros((3, 3, 3, 3), np.float32)
    kernel[:, :, 1, 1], kernel[:, :, 0, 2] = mix, mix / 5
    bias = (0.85 * high + 0.15 * low) - (mix * 1.2).sum(1) * low  # so that black turns bright
    weights = [numpy_helper.from_array(kernel, "kernel"), numpy_helper.from_array(bias.astype(np.float32), "bias")]
    weights.append(numpy_helper.from_array(np.array([1, 1, multiple, multiple], np.float32), "scales"))
    weights.append(numpy_helper.from_array(np.float32(0.5), "half"))
    inner = [
        helper.make_node("AveragePool", ["a"], ["b"], kernel_shape=[multiple] * 2, strides=[multiple] * 2),
        helper.make_node("Resize", ["b", "", "scales"], ["c"], mode="nearest"),
        helper.make_node("Add", ["a", "c"], ["d"]),
        helper.make_node("Mul", ["d", "half"], ["e"]),
        helper.make_node("Conv", ["e", "kernel", "bias"], ["f"], pads=[1, 1, 1, 1]),
    ]
    nchw = layout == "nchw"
    enter = ("Identity", {}) if nchw else ("Transpose", {"perm": [0, 3, 1, 2]})
    leave = ("Identity", {}) if nchw else ("Transpose", {"perm": [0, 2, 3, 1]})
    ends = [helper.make_node(enter[0], ["x"], ["a"], **enter[1]), helper.make_node(leave[0], ["f"], ["y"], **leave[1])]
    shape = [1, 3, *sides] if nchw else [1, *sides, 3]
    return save(path, [("x", shape)], [ends[0], *inner, ends[1]], weights)


def save_negative(path: Path, kind: int) -> Path:
    """white - x, NCHW of any size, of the type `kind`: bytes, or half floats in [0, 1]."""
    shape = ["n", 3, "h", "w"]
    ends = [helper.make_tensor_value_info(name, kind, shape) for name in "xy"]
    white = helper.make_tensor("white", kind, [], [255 if kind == TensorProto.UINT8 else 1])
    graph = helper.make_graph([helper.make_node("Sub", ["white", "x"], ["y"])], "n", ends[:1], ends[1:], [white])
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=10), path)
    return path


class Stylised(nn.Module):
    """The operators of AnimeGAN's generators, in [-1, 1]; on request with an entry that ties LiteRT files to a size."""

    def __init__(self, unshuffle: bool) -> None:
        super().__init__()
        enter = [nn.PixelUnshuffle(2), nn.Conv2d(12, 8, 1)] if unshuffle else [nn.Conv2d(3, 8, 3, stride=2)]
        self.layers = nn.Sequential(
            nn.Identity() if unshuffle else nn.ReflectionPad2d(1),
            *enter,
            nn.InstanceNorm2d(8, affine=True),
            nn.LeakyReLU(0.2),
            nn.Upsample(scale_factor=2, mode="bilinear"),
            nn.Conv2d(8, 3, 3, padding=1),
            nn.Tanh(),
        )

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        return self.layers(image)


class Translator(nn.Module):
    """Further operators of image-to-image networks beside `Stylised`: a halving, a transposed convolution that doubles."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            *(nn.Conv2d(3, 8, 3, padding=1), nn.PReLU(8)),
            *(nn.Conv2d(8, 16, 3, stride=2, padding=1), nn.InstanceNorm2d(16, affine=True), nn.GELU()),
            *(nn.ConvTranspose2d(16, 8, 3, stride=2, padding=1, output_padding=1), nn.InstanceNorm2d(8), nn.PReLU()),
            *(nn.Conv2d(8, 3, 3, padding=1), nn.Tanh()),
        )

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        return self.layers(image)


class Skipping(nn.Module):
    """Halves its features, and resizes them to their former sides, as U-Nets do at their skips."""

    def __init__(self) -> None:
        super().__init__()
        self.enter, self.down = nn.Conv2d(3, 8, 3, padding=1), nn.Conv2d(8, 8, 3, stride=2, padding=1)
        self.leave = nn.Conv2d(16, 3, 3, padding=1)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        skip = self.enter(image).relu()
        made = nn.functional.interpolate(self.down(skip).relu(), size=(skip.shape[2], skip.shape[3]), mode="nearest")
        return self.leave(torch.cat([skip, made], dim=1)).tanh()


class Loud(nn.Module):
    """The photo and a little of sums that leave the range of half floats inside, and come back."""

    def __init__(self) -> None:
        super().__init__()
        self.enter, self.leave = nn.Conv2d(3, 8, 3, padding=1), nn.Conv2d(8, 3, 3, padding=1)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        loud = self.leave(self.enter(image).relu() * 3e5) / 3e5
        return (0.9 * image + 0.05 * loud.tanh()).clamp(0, 1)


def save_by_torch(path: Path, kind: type[nn.Module]) -> Path:
    """A network of that `kind` with random weights as ONNX or TorchScript, by the ending of `path`."""
    torch.manual_seed(0)
    model = kind().eval()
    if path.suffix != ".onnx":
        torch.jit.script(model).save(str(path))
        return path
    free = {2: "height", 3: "width"}
    names = {"input_names": ["x"], "output_names": ["y"], "dynamic_axes": {"x": free, "y": free}}
    torch.onnx.export(model, (torch.zeros(1, 3, 64, 64),), path, dynamo=False, opset_version=17, **names)
    return path


class Rough(nn.Module):
    """The negative, darkened by colours of the picture's quarters, which coremltools finds for one size at a time."""

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        return 0.9 - 0.7 * image - 0.1 * nn.functional.adaptive_avg_pool2d(image, (2, 2)).amax((2, 3), True)


def save_torchscript(path: Path, unshuffle: bool = False) -> Path:
    """`Stylised`, scripted, with the checks and loops of torch's own functions in it."""
    torch.manual_seed(0)
    torch.jit.script(Stylised(unshuffle).eval()).save(str(path))
    return path


MEAN, STD = np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225])
# How networks number pictures: (scale, shift) from theirs to [0, 1], and from [0, 1] to theirs.
NUMBERS = {
    "0..1": ((1, 0), (1, 0)),
    "-1..1": ((0.5, 0.5), (2, -1)),
    "0..255": ((1 / 255, 0), (255, 0)),
    "0..1 to 0..255": ((1, 0), (255, 0)),
    "0..255 to 0..1": ((1 / 255, 0), (1, 0)),
    "-1..1 to 0..1": ((0.5, 0.5), (1, 0)),
    "-127.5..127.5": ((1 / 255, 0.5), (255, -127.5)),
    "imagenet": ((STD, MEAN), (1 / STD, -MEAN / STD)),
}


def save_look(path: Path, numbers: str = "0..1", bgr: bool = False, gain: float = 1.0, grey: bool = False) -> Path:
    """A look that blurs and warms, clipped as painters clip, N x 3 x H x W by `numbers` of NUMBERS; `grey` has one out.

    `gain` is the contrast of its output.
    """
    kernel = (
        np.zeros((3, 3, 3, 3))
        + np.array([[0.9, 0.1, 0], [0.05, 0.8, 0.05], [0, 0.1, 0.7]])[:, :, None, None] * gain / 9
    )
    floats = {"kernel": kernel, "bias": np.full(3, (1 - gain) / 2), "black": 0.0, "white": 1.0}
    for place, pair in zip(("in", "out"), NUMBERS[numbers], strict=True):
        floats |= {f"{place} {what}": np.reshape(value, (-1, 1, 1)) for what, value in zip("*+", pair, strict=True)}
    integers = {"swap": [2, 1, 0], "sides": [0, 0, 1, 1, 0, 0, 1, 1]}
    swaps = [("Gather", ["swap"], {"axis": 1})] if bgr else []
    look = [("Pad", ["sides"], {"mode": "edge"}), ("Conv", ["kernel", "bias"], {}), ("Clip", ["black", "white"], {})]
    mean = [("ReduceMean", [], {"axes": [1]})] if grey else []
    enter, leave = ([("Mul", [f"{end} *"], {}), ("Add", [f"{end} +"], {})] for end in ("in", "out"))
    steps = [*enter, *swaps, *look, *mean, *swaps, *leave]
    names = ["x", *(f"v{place}" for place in range(1, len(steps))), "y"]
    nodes = [
        helper.make_node(operator, [names[place], *others], [names[place + 1]], **how)
        for place, (operator, others, how) in enumerate(steps)
    ]
    weights = [numpy_helper.from_array(np.array(values, np.float32), name) for name, values in floats.items()]
    weights += [numpy_helper.from_array(np.array(values, np.int64), name) for name, values in integers.items()]
    return save(path, [("x", [1, 3, "h", "w"])], nodes, weights)


def save_weighted(path: Path) -> Path:
    """Another input, "weights", by which the colours are multiplied, and another output, "twice"."""
    nodes = [helper.make_node("Mul", ["x", "weights"], ["y"]), helper.make_node("Add", ["y", "y"], ["twice"])]
    model = onnx.load(save(path, [("x", [1, 3, "h", "w"]), ("weights", [3, 1, 1])], nodes))
    model.graph.output.append(helper.make_tensor_value_info("twice", TensorProto.FLOAT, [1, 3, "h", "w"]))
    onnx.save(model, path)
    return path
