"""A network that was not trained here: what it takes and gives, found in its file and by running it."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import onnx

from convert.foreign.reference import ForeignRuntime
from convert.foreign.torchscript import ends, is_pickled, to_onnx, torchscript_engine
from convert.foreign.wrap import wrap
from pix2phone.errors import CheckFailed, UserError
from train.styles.choice import LAYOUTS, RANGES
from train.styles.engines import onnx_engine
from train.styles.network import Flags, Network, Opened, open_file, reason

FLAGS = Flags("--from", range="--range")
SCRIPT_FLAGS = replace(FLAGS, unpaintable="let it take pictures of three channels and any size, and save it again")
RESAVE = "save the network itself, torch.jit.script(network.eval()).save(NAME.ts)"
MULTIPLES = tuple(2**power for power in range(9))
ABOUT = 97  # pixels a side of the pictures that show which multiple of pixels a network needs
FIXED_SIDES = (64, 128, 224, 256, 320, 384, 448, 512, 640, 768, 1024)  # tried where no multiple is right
ANY_RANGE = RANGES["-1..1"]  # until it is known: sizes alone are looked at


@dataclass(frozen=True)
class Foreign:
    """A picture network whose output has its input's size; `value_range` of RANGES is what its numbers mean."""

    network: Network
    value_range: str

    @property
    def path(self) -> Path:
        """The file that it was read from."""
        return self.network.opened.path

    @property
    def facts(self) -> dict[str, Any]:
        """What every file's metadata says of it, beside where it comes from."""
        facts: dict[str, Any] = {"multiple": self.network.multiple}
        facts["foreign"] = {"layout": self.network.layout, "range": self.value_range}
        return facts | ({"sizes": [self.network.size]} if self.network.size else {})

    @cached_property
    def reference(self) -> ForeignRuntime:
        """The network as it came, in its own runtime."""
        return ForeignRuntime(self.network, RANGES[self.value_range])

    @cached_property
    def wrapped(self) -> onnx.ModelProto:
        """The network in ONNX, `image` -> `painted`, both N x 3 x H x W float32 in [0, 1]; nothing is padded.

        Raises CheckFailed when a network cannot be written so.
        """
        model = onnx.load(self.path) if self.path.suffix.lower() == ".onnx" else to_onnx(self.network)
        try:
            wrapped = wrap(model, self.network.layout, RANGES[self.value_range])
            onnx.checker.check_model(wrapped)
        except Exception as error:  # onnx has several kinds for what it does not take
            raise CheckFailed(f"onnx refuses {self.path.name} ({reason(error)}); export it again") from None
        return wrapped


def open_foreign(path: Path, value_range: str | None = None) -> Foreign:
    """The network in the file `path`, .onnx or TorchScript; `value_range` of RANGES, or judged by its output.

    UserError for a file that cannot be read, or a network that does not make one picture of one picture of its size.
    """
    if not path.is_file():
        what = "is a folder" if path.is_dir() else "no such file"
        raise UserError(f"{FLAGS.file}: {path}: {what}; name an .onnx or TorchScript file")
    if not path.stat().st_size:
        raise UserError(f"{FLAGS.file}: {path}: is empty; export it again")
    opened = _open_onnx(path) if path.suffix.lower() == ".onnx" else _open_torchscript(path)
    network = _find_sizes(opened)
    return Foreign(network, value_range or network.guess_range())


def _open_torchscript(path: Path) -> Opened:
    if is_pickled(path):
        raise UserError(f"{FLAGS.file}: {path}: holds what torch.save wrote, and no TorchScript; {RESAVE}")
    opened = open_file(path, SCRIPT_FLAGS, torchscript_engine)
    inputs, result = ends(path)
    if len(inputs) != 1 or result not in ("Tensor", "Optional[Tensor]", "Any"):
        what = f"takes {', '.join(inputs) or 'nothing'} and gives {result}"
        raise opened.error(f"{what}; wrap it in a module that takes one picture and gives one tensor")
    return opened


def _open_onnx(path: Path) -> Opened:
    opened = open_file(path, FLAGS, onnx_engine)
    graph = onnx.load(opened.path, load_external_data=False).graph
    weights = {tensor.name for tensor in graph.initializer}
    inputs = [entry.name for entry in graph.input if entry.name not in weights]
    if (len(inputs), len(graph.output)) != (1, 1):
        what = f"takes {', '.join(inputs)} and gives {', '.join(entry.name for entry in graph.output)}"
        raise opened.error(f"{what}; it must take one picture and give one")
    return opened


def _find_sizes(opened: Opened) -> Network:
    """With the layout, the multiple that its sides must have, and the size if it takes but one."""
    unknown = not opened.shape or (len(opened.shape) == 4 and 3 not in (opened.shape[1], opened.shape[3]))
    layouts = LAYOUTS if unknown else (opened.layout(),)
    for layout in layouts:
        size = opened.fixed_size(layout) if opened.shape else None
        found = next(filter(_makes_pictures, _candidates(Network(opened, layout, size, 1))), None)
        if found:
            return found
    raise _why_not(Network(opened, layouts[0], size))


def _candidates(network: Network) -> Iterator[Network]:
    """What may be true of the network's sizes, the most useful first."""
    if network.size:
        yield network
        return
    yield from (replace(network, multiple=multiple) for multiple in MULTIPLES)
    if not network.opened.shape:
        yield from (replace(network, size=(side, side)) for side in FIXED_SIDES)


def _makes_pictures(network: Network) -> bool:
    """Whether the output has the input's size, at the network's size or at two whose sides share but the multiple."""
    try:
        sizes = [network.size] if network.size else _trials(network.multiple)
        return all(network.call(_grey(size), ANY_RANGE).shape[:2] == size for size in sizes)
    except UserError:
        return False


def _trials(multiple: int) -> list[tuple[int, int]]:
    odd = max(1, ABOUT // multiple) | 1
    return [(multiple * odd, multiple * (odd + 2)), (multiple * (odd + 2), multiple * odd)]


def _grey(size: tuple[int, int]) -> np.ndarray:
    return np.full((*size, 3), 128, np.uint8)


def _why_not(network: Network) -> UserError:
    """What is wrong with a network that makes no pictures of its input's size."""
    try:
        made = network.call(network.trial(), ANY_RANGE).shape
    except UserError as error:
        return error
    wanted = network.trial().shape
    return network.opened.error(
        f"makes {made[1]}x{made[0]} of {wanted[1]}x{wanted[0]}; its output must have its input's size"
    )
