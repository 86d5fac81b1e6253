"""A network that was not trained here: opened, its convention found by running it, and written as ONNX."""

from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import onnx

from pix2phone.errors import CheckFailed, UserError, first_line
from pix2phone.external.convention import LAYOUTS, Convention
from pix2phone.external.engine import NOTHING_SAID
from pix2phone.external.exported import inference_session, load_single, weights_files
from pix2phone.external.network import Flags, Network, Opened, open_file
from pix2phone.external.plausible import settle
from pix2phone.external.sizes import find_sizes
from pix2phone.external.torchscript import signature, to_onnx, torchscript_session
from pix2phone.external.wrap import wrap
from pix2phone.runtimes.litert_session import LiteRTSession

FLAGS = Flags("--from", unpaintable="export it with pictures of three channels and a free size")
UNPAINTABLE = "let it take pictures of three channels and any size, and save it again"  # of TorchScript


@dataclass(frozen=True)
class External:
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
    def metadata(self) -> dict[str, Any]:
        """The multiple of its sides, its one size if it has one, and its convention, as converted files state them."""
        stated: dict[str, Any] = {"multiple": self.network.multiple}
        stated["foreign"] = self.network.convention.stated | {"layout": self.network.layout}
        return stated | ({"sizes": [self.network.size]} if self.network.size else {})

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
        except Exception as error:  # onnx has several exception types for invalid files
            raise CheckFailed(f"onnx refuses {self.path.name} ({first_line(error)}); export it again") from None
        return wrapped


def open_external(path: Path, said: Convention = NOTHING_SAID, flags: Flags = FLAGS) -> External:
    """The network in the file `path`, .onnx, .tflite or TorchScript; conventions not `said` are judged by its output.

    UserError for a file that cannot be read, or a network that does not make one picture of one picture of its size.
    """
    if not path.is_file():
        what = "is a folder" if path.is_dir() else "no such file"
        raise UserError(flags.line(path, f"{what}; name an .onnx or TorchScript file"))
    if not path.stat().st_size:
        raise UserError(flags.line(path, "is empty; export it again"))
    openers = {".onnx": _open_onnx, ".tflite": _open_litert}
    opened = openers.get(path.suffix.lower(), _open_torchscript)(path, said, flags)
    return External(settle(find_sizes(opened), said))


def _open_litert(path: Path, said: Convention, flags: Flags) -> Opened:
    return open_file(path, flags, LiteRTSession, said)


def _open_torchscript(path: Path, said: Convention, flags: Flags) -> Opened:
    if said.inputs or said.output:
        flag = said.flag("input" if said.inputs else "output")
        what = "TorchScript has no names for it; wrap it in a module of one picture in and one out"
        raise UserError(flags.line(path, f"{flag}: {what}"))
    opened = open_file(path, replace(flags, unpaintable=UNPAINTABLE), torchscript_session, said)
    inputs, result = signature(path)
    if len(inputs) != 1 or result not in ("Tensor", "Optional[Tensor]", "Any"):
        what = f"takes {', '.join(inputs) or 'nothing'} and gives {result}"
        raise opened.error(f"{what}; wrap it in a module that takes one picture and gives one tensor")
    return opened


def _open_onnx(path: Path, said: Convention, flags: Flags) -> Opened:
    if missing := next((file for file in weights_files(path) if not file.is_file()), None):
        what = f"its weights are in {missing}, which is missing"
        raise UserError(flags.line(path, f"{what}; put it there, or export the network again"))
    opened = open_file(path, flags, inference_session, said)
    if opened.shape:
        opened.fixed_size(LAYOUTS[0])  # refuses inputs without four dimensions
    return opened
