"""A network that was not trained here: what it takes and gives, found in its file and by running it."""

from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import onnx
from google.protobuf.message import DecodeError

from convert.foreign.reference import ForeignRuntime
from convert.foreign.sizes import find_sizes
from convert.foreign.torchscript import ends, is_pickled, to_onnx, torchscript_engine
from convert.foreign.wrap import wrap
from pix2phone.errors import CheckFailed, UserError
from train.styles.convention import LAYOUTS, Convention
from train.styles.engines import NOTHING_SAID, onnx_engine, tflite_engine
from train.styles.network import Flags, Network, Opened, open_file, reason
from train.styles.plausible import settle

FLAGS = Flags("--from", unpaintable="export it with pictures of three channels and a free size")
UNPAINTABLE = "let it take pictures of three channels and any size, and save it again"  # of TorchScript
PLACE = "location"  # what ONNX calls the name of a file with weights
RESAVE = "save the network itself, torch.jit.script(network.eval()).save(NAME.ts)"


@dataclass(frozen=True)
class Foreign:
    """A picture network whose output has its input's size, and whose convention is known."""

    network: Network

    @property
    def path(self) -> Path:
        """The file that it was read from."""
        return self.network.opened.path

    @property
    def files(self) -> list[Path]:
        """`path`, and others in which ONNX keeps weights."""
        return [self.path, *(_weights_files(self.path) if self.path.suffix.lower() == ".onnx" else [])]

    @property
    def facts(self) -> dict[str, Any]:
        """What every file's metadata says of it, beside where it comes from."""
        facts: dict[str, Any] = {"multiple": self.network.multiple}
        facts["foreign"] = self.network.convention.facts | {"layout": self.network.layout}
        return facts | ({"sizes": [self.network.size]} if self.network.size else {})

    @cached_property
    def reference(self) -> ForeignRuntime:
        """The network as it came, in its own runtime."""
        return ForeignRuntime(self.network)

    @cached_property
    def wrapped(self) -> onnx.ModelProto:
        """The network in ONNX, `image` -> `painted`, both N x 3 x H x W float32 in [0, 1]; nothing is padded.

        Raises CheckFailed when a network cannot be written so.
        """
        model = onnx.load(self.path) if self.path.suffix.lower() == ".onnx" else to_onnx(self.network)
        try:
            grey = self.network.call(self.network.trial()).shape[2] == 1
            wrapped = wrap(model, self.network.layout, self.network.convention, grey)
            onnx.checker.check_model(wrapped)
        except Exception as error:  # onnx has several kinds for what it does not take
            raise CheckFailed(f"onnx refuses {self.path.name} ({reason(error)}); export it again") from None
        return wrapped


def open_foreign(path: Path, said: Convention = NOTHING_SAID, flags: Flags = FLAGS) -> Foreign:
    """The network in the file `path`, .onnx, .tflite or TorchScript; what is not `said` of it is judged by its output.

    UserError for a file that cannot be read, or a network that does not make one picture of one picture of its size.
    """
    if not path.is_file():
        what = "is a folder" if path.is_dir() else "no such file"
        raise UserError(flags.line(path, f"{what}; name an .onnx or TorchScript file"))
    if not path.stat().st_size:
        raise UserError(flags.line(path, "is empty; export it again"))
    if path.suffix.lower() == ".tflite":
        opened = open_file(path, flags, tflite_engine, said)
    else:
        opened = (_open_onnx if path.suffix.lower() == ".onnx" else _open_torchscript)(path, said, flags)
    return Foreign(settle(find_sizes(opened), said))


def _open_torchscript(path: Path, said: Convention, flags: Flags) -> Opened:
    if is_pickled(path):
        raise UserError(flags.line(path, f"holds what torch.save wrote, and no TorchScript; {RESAVE}"))
    opened = open_file(path, replace(flags, unpaintable=UNPAINTABLE), torchscript_engine, said)
    inputs, result = ends(path)
    if len(inputs) != 1 or result not in ("Tensor", "Optional[Tensor]", "Any"):
        what = f"takes {', '.join(inputs) or 'nothing'} and gives {result}"
        raise opened.error(f"{what}; wrap it in a module that takes one picture and gives one tensor")
    return opened


def _open_onnx(path: Path, said: Convention, flags: Flags) -> Opened:
    if missing := next((file for file in _weights_files(path) if not file.is_file()), None):
        what = f"its weights are in {missing}, which is missing"
        raise UserError(flags.line(path, f"{what}; put it there, or export the network again"))
    opened = open_file(path, flags, onnx_engine, said)
    if opened.shape:
        opened.fixed_size(LAYOUTS[0])  # refuses what has not four dimensions
    return opened


def _weights_files(path: Path) -> list[Path]:
    """Other files, there or not, in which the ONNX network at `path` has some of its weights."""
    try:
        tensors = onnx.load(path, load_external_data=False).graph.initializer
    except DecodeError:  # no ONNX at all, as its runtime will say
        return []
    named = [entry.value for tensor in tensors for entry in tensor.external_data if entry.key == PLACE]
    return [path.parent / name for name in sorted(set(named))]
