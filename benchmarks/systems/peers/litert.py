"""Untrained networks as LiteRT files: the paper's U-Net, and two peers, in the runtime of the students.

Comparing eager torch in float32 with LiteRT in int8 would mix three differences: the runtime, the precision and the
network. Conversion takes up to a minute, so the file's name holds a digest of its network and the file is reused.
"""

import hashlib
import tempfile
from collections.abc import Callable
from functools import cache, partial
from pathlib import Path

import onnx
import torch
from torch import nn
from torch.fx import GraphModule

from benchmarks.systems.openers import untrained
from benchmarks.systems.peers import PEERS
from compress.graph import export_graph
from compress.int8.calibrate import calibrate
from convert.foreign.onnx2tf import Stopped, made_file, run_onnx2tf
from convert.litert.write import Precision, write_tflite
from convert.metadata import write_tflite_metadata
from convert.runtimes.litert_file import LiteRTRuntime
from pix2phone.artefacts import ARTIFACTS, replacing
from pix2phone.console import muted
from pix2phone.errors import CheckFailed
from pix2phone.external.wrap import plain
from pix2phone.pictures import fit, read_picture
from train.data.photos import builtin
from train.metrics import psnr
from train.models.generator import Generator, painter

FOLDER = ARTIFACTS / "peers"
FILES: tuple[tuple[str, Precision], ...] = (
    ("animeganv2", "float32"),
    ("mobilenet-unet", "float32"),
    ("unet-resnet18", "float32"),
    ("unet-resnet18", "int8"),
)
FLOORS = {"float32": 60.0, "int8": 20.0}  # dB from torch; untrained weights lose more to int8 than trained ones
SIZE = (512, 512)  # of a file that cannot be resized
CALIBRATION = 2  # photos, of 256 pixels: they set the scales, which do not affect the speed


class WholeNorm(nn.Module):
    """`nn.GroupNorm(1, C)` without the reshapes of its ONNX form, which onnx2tf cannot convert."""

    def __init__(self, norm: nn.GroupNorm) -> None:
        super().__init__()
        self.epsilon = norm.eps
        self.scale = nn.Parameter(norm.weight.detach().view(1, -1, 1, 1))
        self.shift = nn.Parameter(norm.bias.detach().view(1, -1, 1, 1))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        apart = x - x.mean((1, 2, 3), keepdim=True)
        variance = (apart * apart).mean((1, 2, 3), keepdim=True)
        return apart * torch.rsqrt(variance + self.epsilon) * self.scale + self.shift


def untrained_file(model: str, precision: Precision, folder: Path) -> Path:
    """The LiteRT file of a network built by `untrained`, made in `folder` unless present.

    A peer goes through ONNX and onnx2tf, only in float32; a model of this toolkit through convert.litert.write. Raises
    CheckFailed when the file cannot be made, or its picture differs from torch's.
    """
    network = untrained(model).eval()
    digest, write = (_by_onnx2tf if model in PEERS else _by_our_writer)(model, network, precision)
    path = folder / f"{model}-{precision}-{digest[:12]}.tflite"
    if not path.exists():
        with replacing(path) as temporary, muted():
            write(temporary)
            _check(temporary, network, FLOORS[precision])
    return path


def _by_our_writer(model: str, network: Generator, precision: Precision) -> tuple[str, Callable[[Path], None]]:
    graph = _graph(model)
    digest = hashlib.sha256(graph.code.encode())
    for tensor in graph.state_dict().values():
        digest.update(tensor.numpy().tobytes())

    def write(path: Path) -> None:
        photos = [fit(read_picture(photo), 256) for photo in builtin("train")[:CALIBRATION]]
        write_tflite(graph, path, precision, calibrate(graph, photos) if precision == "int8" else None)
        write_tflite_metadata(path, {"multiple": network.spec.multiple})

    return digest.hexdigest(), write


@cache
def _graph(model: str) -> GraphModule:
    return export_graph(untrained(model))


def _by_onnx2tf(model: str, network: Generator, precision: Precision) -> tuple[str, Callable[[Path], None]]:
    if precision != "float32":
        raise CheckFailed(f"{model}: {precision}: not made; a peer has a float32 file only")
    exported = to_onnx(network)
    write = partial(write_through_onnx2tf, exported, network.spec.multiple)
    return hashlib.sha256(exported.SerializeToString()).hexdigest(), write


def to_onnx(network: Generator) -> onnx.ModelProto:
    """`network` with whole norms, `image` -> `painted`, any sides."""
    _write_out_norms(network)
    sides = {0: "pictures", 2: "height", 3: "width"}
    example = tuple(network.spec.example(6 * network.spec.multiple, 8 * network.spec.multiple).values())
    with tempfile.TemporaryDirectory() as scratch, muted():
        path = Path(scratch) / "net.onnx"
        torch.onnx.export(
            network,
            example,
            path,
            dynamo=False,
            opset_version=17,
            input_names=["image"],
            output_names=["painted"],
            dynamic_axes={"image": sides, "painted": sides},
        )
        return onnx.load(path)


def write_through_onnx2tf(model: onnx.ModelProto, multiple: int, path: Path) -> None:
    """Write `model` as float32 LiteRT to `path`: for any sides if no shape is computed inside, else for `SIZE`."""
    free = plain(model, None)
    fixed = any(node.op_type == "Shape" for node in free.graph.node)
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "onnx2tf"
        try:
            run_onnx2tf(plain(model, SIZE) if fixed else free, folder)
        except Stopped as stop:
            raise CheckFailed(f"onnx2tf stopped at {stop.operator} ({stop.why})") from None
        path.write_bytes(made_file(folder, "float32").read_bytes())
    write_tflite_metadata(path, {"multiple": multiple} | ({"sizes": [SIZE]} if fixed else {}))


def _write_out_norms(network: nn.Module) -> None:
    for name, child in list(network.named_children()):
        if isinstance(child, nn.GroupNorm) and child.num_groups == 1:
            setattr(network, name, WholeNorm(child))
        else:
            _write_out_norms(child)


def _check(path: Path, network: Generator, floor: float) -> None:
    """CheckFailed unless the file's picture agrees with that of `network` to `floor` dB."""
    picture = fit(read_picture(builtin("train")[-1]), 256)
    found = psnr(LiteRTRuntime(path, threads=1)(picture), painter(network)(picture))
    if not found >= floor:
        raise CheckFailed(f"{path.name}: {found:.1f} dB from torch, less than {floor:g}")
