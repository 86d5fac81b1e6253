"""TorchScript files: run as they are, and written as ONNX, from which every other file is made."""

import tempfile
import zipfile
from pathlib import Path

import numpy as np
import onnx
import torch

from pix2phone.errors import CheckFailed, UserError
from train.styles.convention import Convention
from train.styles.engines import NOTHING_SAID, Engine
from train.styles.network import Network, reason

OPSET = 17  # beyond it onnx2torch knows few operators


def load_torchscript(path: Path) -> torch.jit.ScriptModule:
    """The module in a TorchScript file, on the CPU, in evaluation mode."""
    return torch.jit.load(str(path), map_location="cpu").eval()


def torchscript_engine(path: Path, threads: int | None = None, said: Convention = NOTHING_SAID) -> Engine:
    """A TorchScript file in torch, which does not say what shapes it takes; `threads` are set for all of torch.

    UserError where `said` names inputs or an output.
    """
    if said.inputs or said.output:
        flag = said.flag("input" if said.inputs else "output")
        raise UserError(f"{flag}: TorchScript has no names for it; wrap it in a module of one picture in and one out")
    if threads:
        torch.set_num_threads(threads)
    module = load_torchscript(path)
    kinds = {parameter.dtype for parameter in module.parameters() if parameter.is_floating_point()}

    def run(image: torch.Tensor) -> torch.Tensor:
        try:
            with torch.inference_mode():
                return module(image)
        except (RuntimeError, torch.jit.Error) as error:  # what is wrong comes last, after where
            raise RuntimeError(str(error).strip().splitlines()[-1]) from None

    kind = "float16" if kinds == {torch.float16} else "float32"
    return Engine([], kind, torch.from_numpy, run, torch.Tensor.numpy)


def is_pickled(path: Path) -> bool:
    """Whether torch.save wrote the file: weights, or an object that is nothing without its code; no TorchScript."""
    if not zipfile.is_zipfile(path):
        with path.open("rb") as file:
            return file.read(2) == b"\x80\x02"  # a pickle, as torch wrote them before 1.6
    with zipfile.ZipFile(path) as archive:
        names = {name.partition("/")[2] for name in archive.namelist()}
    return "data.pkl" in names and "constants.pkl" not in names


def ends(path: Path) -> tuple[list[str], str]:
    """The inputs that the TorchScript network at `path` cannot do without, and the type of what it gives."""
    schema = getattr(getattr(load_torchscript(path), "forward", None), "schema", None)
    if schema is None:  # a module may have methods of other names alone
        return [], "nothing"
    needed = [argument.name for argument in schema.arguments[1:] if not argument.has_default_value()]
    return needed, ", ".join(str(result.type) for result in schema.returns)


def to_onnx(network: Network) -> onnx.ModelProto:
    """The TorchScript `network` as ONNX, in its own layout and range, with free sides unless its size is fixed.

    Raises CheckFailed for what torch.onnx cannot write.
    """
    kind = torch.float16 if network.opened.kind == np.float16 else torch.float32
    picture = torch.from_numpy(network.trial()).to(kind)[None]
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
    except Exception as error:  # it has no one kind for what it cannot write
        raise CheckFailed(f"torch.onnx cannot write {network.opened.path.name} ({reason(error)})") from None


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
