"""TorchScript files: run as they are, and written as ONNX, from which every other file is made."""

import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import onnx
import torch

from pix2phone.errors import CheckFailed, UserError, first_line
from pix2phone.external.formats import TORCH
from pix2phone.external.network import Network
from pix2phone.runtimes.torchscript_session import TorchScriptSession

OPSET = 17  # beyond it onnx2torch knows few operators
HALF, SINGLE = 5, 6  # float16 and float32 in TorchScript's own numbering of types
TRAINED = {"aten::batch_norm": 5, "aten::dropout": 2, "aten::feature_dropout": 2, "aten::alpha_dropout": 2}
STATISTICS = 3  # the place of batch norm's running mean among its inputs; those in TRAINED are of its training flag


def load_torchscript(path: Path) -> torch.jit.ScriptModule:
    """The module in a TorchScript file, on the CPU, in evaluation mode and in float32, whatever the file holds."""
    return _make_single(torch.jit.load(str(path), map_location="cpu").eval())


def _make_single(module: torch.jit.ScriptModule) -> torch.jit.ScriptModule:
    """`module` with float32 wherever it has float16: weights, constants, and the types that its code names."""
    if not hasattr(module, "forward") or not _is_half(module):
        return module
    graph: Any = module.float().graph
    torch._C._jit_pass_inline(graph)
    for node, place in _half_places(graph):
        if place is None:
            node.t_("value", node.t("value").float())
        else:
            graph.setInsertPoint(node)
            node.replaceInput(place, graph.insertConstant(SINGLE))
    return module


def _is_half(module: torch.jit.ScriptModule) -> bool:
    tensors = (*module.parameters(), *module.buffers())
    return any(tensor.dtype == torch.float16 for tensor in tensors) or bool(_half_places(module.inlined_graph))


def _half_places(graph: Any) -> list[tuple[Any, int | None]]:
    """Nodes that hold a float16 constant, with None, and those that are told to make it, with which input says so."""
    found: list[tuple[Any, int | None]] = []
    for node in _all_nodes(graph):
        if node.kind() == "prim::Constant":
            held = node.hasAttribute("value") and node.kindOf("value") == "t"
            found += [(node, None)] if held and node.t("value").dtype == torch.float16 else []
        for place, (argument, given) in enumerate(zip(_arguments(node), node.inputs(), strict=False)):
            if argument == "dtype" and given.node().kind() == "prim::Constant" and given.toIValue() == HALF:
                found.append((node, place))
    return found


def _all_nodes(block: Any) -> Iterator[Any]:
    for node in list(block.nodes()):
        yield node
        for inner in node.blocks():
            yield from _all_nodes(inner)


def _arguments(node: Any) -> list[str]:
    """The names of its inputs; none if it is no operator of torch's library."""
    schema = node.schema()
    return [] if schema == "(no schema)" else [argument.name for argument in torch._C.parse_schema(schema).arguments]


def training_operator(path: Path) -> str:
    """The parts of the TorchScript network at `path` saved in training mode; "" if nothing that makes a difference.

    Traced code holds a flag for each operator, scripted code asks its module.
    """
    module = torch.jit.load(str(path), map_location="cpu")
    if not hasattr(module, "forward"):
        return ""
    graph = module.inlined_graph  # its nodes are gone once it is
    for operator, place in TRAINED.items():
        for node in graph.findAllNodes(operator):
            inputs = list(node.inputs())
            plain = operator != "aten::batch_norm" or inputs[STATISTICS].type().kind() != "NoneType"
            if plain and inputs[place].node().kind() == "prim::Constant" and inputs[place].toIValue() is True:
                return operator
    parts = [part for part in module.modules() if getattr(part, "training", False) and hasattr(part, "forward")]
    found = (operator for part in parts if _asks(part) for operator in TRAINED if part.inlined_graph.findNode(operator))
    return next(found, "")


def _asks(part: torch.jit.ScriptModule) -> bool:
    """Whether the code of `part` itself asks if it is in training mode."""
    graph: Any = part.graph
    return any(node.s("name") == "training" for node in graph.findAllNodes("prim::GetAttr"))


def torchscript_session(path: Path, threads: int | None = None) -> TorchScriptSession:
    """The TorchScript network at `path` in torch, all of which gets `threads`.

    UserError, without the file's name, if it holds no network or one in training mode.
    """
    if is_pickled(path):
        raise UserError(f"written by torch.save, and no TorchScript; {TORCH}")
    if operator := training_operator(path):
        what = f"was saved in training mode ({operator.removeprefix('aten::')}), in which it paints otherwise"
        raise UserError(f"{what} than it was trained to; save it again after network.eval()")
    return TorchScriptSession(load_torchscript(path), threads)


def adaptive_operator(path: Path) -> str:
    """The first pooling to a fixed size in the TorchScript network at `path`, which ONNX files do not keep; or ""."""
    module = load_torchscript(path)
    try:
        graph = torch.jit.freeze(module).graph  # without the branches of torch's own functions that it never takes
    except (RuntimeError, AttributeError):  # as it is of a frozen one
        graph = module.inlined_graph
    kinds = (node.kind().removeprefix("aten::") for node in _all_nodes(graph))
    return next((kind for kind in kinds if kind.startswith("adaptive_")), "")


def is_pickled(path: Path) -> bool:
    """Whether torch.save wrote the file: weights, or an object that is nothing without its code; no TorchScript."""
    if not zipfile.is_zipfile(path):
        with path.open("rb") as file:
            return file.read(2) == b"\x80\x02"  # a pickle, as torch wrote them before 1.6
    with zipfile.ZipFile(path) as archive:
        names = {name.partition("/")[2] for name in archive.namelist()}
    return "data.pkl" in names and "constants.pkl" not in names


def signature(path: Path) -> tuple[list[str], str]:
    """The inputs that the TorchScript network at `path` cannot do without, and the type of its output."""
    schema = getattr(getattr(load_torchscript(path), "forward", None), "schema", None)
    if schema is None:  # a module may have methods of other names alone
        return [], "nothing"
    needed = [argument.name for argument in schema.arguments[1:] if not argument.has_default_value()]
    return needed, ", ".join(str(result.type) for result in schema.returns)


def to_onnx(network: Network) -> onnx.ModelProto:
    """The TorchScript `network` as ONNX, in its own layout and range, with free sides unless its size is fixed.

    Raises CheckFailed for operators that torch.onnx cannot write.
    """
    picture = torch.from_numpy(network.trial()).float()[None]
    example = picture.permute(0, 3, 1, 2) if network.layout == "nchw" else picture
    sides = (2, 3) if network.layout == "nchw" else (1, 2)
    free = {} if network.size else dict(zip(sides, ("height", "width"), strict=True))
    try:
        with tempfile.TemporaryDirectory() as folder, torch.no_grad():
            written = Path(folder) / "network.onnx"
            torch.onnx.export(
                load_torchscript(network.opened.path),
                (example,),
                written,
                dynamo=False,  # the exporter that takes TorchScript
                opset_version=OPSET,
                input_names=["x"],
                output_names=["y"],
                dynamic_axes={"x": free, "y": free},
            )
            return without_dead_nodes(onnx.load(written))
    except Exception as error:  # it has no single exception type for export failures
        raise CheckFailed(f"torch.onnx cannot write {network.opened.path.name} ({first_line(error)})") from None


def without_dead_nodes(model: onnx.ModelProto) -> onnx.ModelProto:
    """`model` without nodes that nothing uses, in place: checks of sizes become loops that end nowhere."""
    used = {value.name for value in model.graph.output}
    live = []
    for node in reversed(model.graph.node):
        if used & set(node.output):
            live.append(node)
            used |= _names_used(node)
    live.reverse()
    del model.graph.node[:]
    model.graph.node.extend(live)
    return model


def _names_used(node: onnx.NodeProto) -> set[str]:
    """Inputs of `node`, and of all nodes in the graphs that it holds."""
    held = [inner for attribute in node.attribute for inner in attribute.g.node]
    return set(node.input).union(*map(_names_used, held))
