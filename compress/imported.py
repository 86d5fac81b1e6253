"""A network that was not trained here, read into the graph of every stage, and judged by its own pictures."""

import hashlib
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from onnx2torch.node_converters.pad import OnnxPadDynamic
from onnx2torch.node_converters.resize import OnnxResize, OnnxResizeV10
from PIL import Image, ImageOps
from torch.fx import GraphModule, Node

from compress.graph import constant, export_graph, picture_of
from compress.load import Compressed
from operators import table
from operators.entry import arguments
from pix2phone.artefacts import replacing
from pix2phone.console import muted
from pix2phone.errors import CheckFailed, UserError, first_line
from pix2phone.external.convention import Convention
from pix2phone.external.global_operators import global_operator
from pix2phone.external.open import External, open_external
from pix2phone.external.torch_module import as_module
from pix2phone.pictures import list_pictures, read_picture
from train.checkpoint import Card
from train.data.photos import builtin
from train.data.source import BUILTIN, Painted, to_data
from train.metrics import psnr
from train.models.generator import Generator, painter
from train.models.imported import CALLS, NODE, Imported
from train.models.spec import IMAGE, ModelSpec, Tiling
from train.styles.choice import PREFIX, StyleChoice

ALIKE = 45.0  # dB, the least PSNR of the imported network's output to the original's
SIDE, PHOTOS = 256, 2  # of the pictures that show it
UNIT = Convention(layout="nchw", input_range="0..1", output_range="0..1", prefix=PREFIX)


class Literal(list[Any]):
    """Numbers that onnx2torch asks as it asks a tensor. Of a tensor torch.export would not know them."""

    def tolist(self) -> list[Any]:
        return list(self)

    def nelement(self) -> int:
        return len(self)


class _Read(Generator):
    """The network as onnx2torch reads it, with borders and factors as literals."""

    least_side = Imported.least_side

    def __init__(self, network: GraphModule, spec: ModelSpec) -> None:
        super().__init__()
        self.network, self.spec = network, spec
        for node in network.graph.find_nodes(op="get_attr"):
            takers = {type(network.get_submodule(str(user.target))) for user in node.users if user.op == "call_module"}
            if node.users and takers <= {OnnxPadDynamic, OnnxResize, OnnxResizeV10}:
                value = constant(network, node).tolist()
                with network.graph.inserting_before(node):
                    kind = Literal if isinstance(value, list) else float
                    literal = network.graph.call_function(kind, (value,))
                node.replace_all_uses_with(literal)
        network.recompile()

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        return self.network(image)


def import_network(path: Path, photos: Sequence[str], out: Path, said: Convention) -> Compressed:
    """The network in the ONNX or TorchScript file `path`, with `photos`, folders, as the pictures it is judged on.

    The same network from and to [0, 1] is written beside `out`, an ONNX file that paints the targets.
    UserError as `open_external` raises it, for an operator without an entry in operators/, which is named, and for a
    network of one size; CheckFailed where the output of the imported network differs from the original's.
    """
    for folder in photos:
        if folder != BUILTIN:
            list_pictures(Path(folder))  # a folder that is missing would be left out later
    external = open_external(path, said)
    model = read(external)
    _compare(external, model)
    content = external.wrapped.SerializeToString(deterministic=True)
    # Under its hash, so that no other run's original is written over.
    original = out.with_suffix(f".original-{hashlib.sha256(content).hexdigest()[:8]}.onnx")
    with replacing(original) as temporary:
        temporary.write_bytes(content)
    source = Painted(tuple(photos), StyleChoice(str(original), network=UNIT))
    return Compressed(model, Card(path.stem, "imported", data={"source": to_data(source)}))


def read(external: External) -> Imported:
    """The network as a generator, in evaluation mode. UserError as above."""
    network, where = external.network, f"--from: {external.path}"
    try:
        wide = global_operator(external.wrapped, network.multiple, network.size)
        spec = ModelSpec(network.multiple, tiling=Tiling.GLOBAL if wide else Tiling.LOCAL)
        with muted():  # torch.export prints its own traceback
            graph = export_graph(_Read(as_module(external.wrapped, network.size), spec))
    except UserError as error:
        raise UserError(f"{where}: {error}") from None
    except Exception as error:  # onnx2torch and torch.export have no single exception type for failures
        what = f"{_operator(error)} cannot be read for --int8 ({first_line(error)})"
        raise UserError(f"{where}: {what}; python -m convert takes the network as it is") from None
    for node in graph.graph.nodes:
        if node.op == "call_function" and not _is_known(node):
            raise UserError(
                f"{where}: {node.target}: has no entry in operators/; python -m convert takes the network as it is"
            )
    return _generator(graph)


def _operator(error: Exception) -> str:
    """The ONNX operator in whose converter or module the error arose, as onnx2torch names its files."""
    files = [Path(frame.filename) for frame in traceback.extract_tb(error.__traceback__)]
    found = [file.stem for file in files if file.parent.name == "node_converters" and file.stem != "registry"]
    return found[-1] if found else "an operator"


def _is_known(node: Node) -> bool:
    entry = table.of(node)
    return str(node.target) in CALLS and bool(entry.tensorflow or not isinstance(node.meta["val"], torch.Tensor))


def _generator(graph: GraphModule) -> Imported:
    names: dict[Node, str] = {}
    tensors: dict[str, torch.Tensor] = {}
    calls: list[list[Any]] = []
    for node in graph.graph.nodes:
        if node.op == "placeholder":
            names[node] = IMAGE
        elif node.op == "call_function":
            given = arguments(node)
            for argument, value in given.items():
                if isinstance(value, Node) and value.op == "get_attr" and value not in names:
                    names[value] = f"{node.name}.{argument}"
                    tensors[names[value]] = constant(graph, value).float()
            names[node] = node.name
            calls.append([node.name, str(node.target), _as_data(node.args, names), dict(node.kwargs)])
    spec = graph.meta["spec"]
    last = picture_of(graph).name
    calls.sort(key=lambda call: call[0] == last)  # the picture is the output of the last call
    shapes = {name: list(tensor.shape) for name, tensor in tensors.items()}
    model = Imported(calls=calls, tensors=shapes, multiple=spec.multiple, tiling=spec.tiling.value)
    model.load_state_dict(tensors)
    return model.eval()


def _as_data(value: Any, names: dict[Node, str]) -> Any:
    if isinstance(value, Node):
        return {NODE: names[value]}
    return [_as_data(one, names) for one in value] if isinstance(value, list | tuple) else value


def _compare(external: External, model: Imported) -> None:
    paint, height, width = painter(model), *(external.network.size or (SIDE, SIDE))
    for path in builtin("held-out")[:PHOTOS]:
        photo = np.array(ImageOps.fit(Image.fromarray(read_picture(path)), (width, height)))
        if (alike := psnr(paint(photo), external.network.paint(photo))) < ALIKE:
            raise CheckFailed(
                f"{external.path}: read for --int8 it paints otherwise ({alike:.0f} dB); use python -m convert"
            )
