"""A network that was not trained here: what it takes and gives, found in its file and by running it."""

from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import onnx

from convert.foreign.global_operators import global_operator
from convert.foreign.reference import ForeignRuntime
from convert.foreign.torchscript import adaptive_operator, ends, to_onnx, torchscript_engine
from convert.foreign.wrap import wrap
from convert.gate.receptive_field import cuts
from pix2phone.errors import CheckFailed, UserError
from train.contents import weights_files
from train.styles.convention import LAYOUTS, Convention
from train.styles.engines import NOTHING_SAID, tflite_engine
from train.styles.exported import inference_engine, load_single
from train.styles.network import Flags, Network, Opened, open_file, reason
from train.styles.plausible import settle
from train.styles.sizes import find_sizes

FLAGS = Flags("--from", unpaintable="export it with pictures of three channels and a free size")
UNPAINTABLE = "let it take pictures of three channels and any size, and save it again"  # of TorchScript


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
        return [self.path, *weights_files(self.path)]

    @property
    def facts(self) -> dict[str, Any]:
        """What every file's metadata says of it, beside where it comes from."""
        facts: dict[str, Any] = {"multiple": self.network.multiple}
        facts["foreign"] = self.network.convention.facts | {"layout": self.network.layout}
        return facts | ({"sizes": [self.network.size]} if self.network.size else {})

    @cached_property
    def reference(self) -> ForeignRuntime:
        """The network as it came, in its own runtime."""
        return ForeignRuntime(self.network, lambda: self.cuts)

    @cached_property
    def cuts(self) -> dict[str, Any]:
        """What every file's metadata says of cutting pictures; `reference` heeds it from then on."""
        found = cuts(self.reference, self._global_operator())
        self.reference.take(self.facts | found)
        return found

    @property
    def beyond(self) -> str:
        """What becomes of pictures larger than a file's sizes."""
        is_local = self.cuts["tiling"] == "local"
        return "larger pictures go by tiles" if is_local else "larger pictures are refused: it looks at the whole one"

    def _global_operator(self) -> str:
        if self.path.suffix.lower() == ".tflite":
            return ""  # measuring has to tell
        if self.path.suffix.lower() != ".onnx" and (operator := adaptive_operator(self.path)):
            return operator
        try:
            return global_operator(self.wrapped, self.network.multiple, self.network.size)
        except CheckFailed:  # then measuring has to tell
            return ""

    @cached_property
    def wrapped(self) -> onnx.ModelProto:
        """The network in ONNX, `image` -> `painted`, both N x 3 x H x W float32 in [0, 1]; nothing is padded.

        Raises CheckFailed when a network cannot be written so.
        """
        model = load_single(self.path) if self.path.suffix.lower() == ".onnx" else to_onnx(self.network)
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
    opened = open_file(path, replace(flags, unpaintable=UNPAINTABLE), torchscript_engine, said)
    inputs, result = ends(path)
    if len(inputs) != 1 or result not in ("Tensor", "Optional[Tensor]", "Any"):
        what = f"takes {', '.join(inputs) or 'nothing'} and gives {result}"
        raise opened.error(f"{what}; wrap it in a module that takes one picture and gives one tensor")
    return opened


def _open_onnx(path: Path, said: Convention, flags: Flags) -> Opened:
    if missing := next((file for file in weights_files(path) if not file.is_file()), None):
        what = f"its weights are in {missing}, which is missing"
        raise UserError(flags.line(path, f"{what}; put it there, or export the network again"))
    opened = open_file(path, flags, inference_engine, said)
    if opened.shape:
        opened.fixed_size(LAYOUTS[0])  # refuses what has not four dimensions
    return opened
