"""An external network prepared for conversion: its runtime, its sizes and its tiling."""

from functools import cached_property
from pathlib import Path
from typing import Any

from convert.foreign.reference import ForeignRuntime
from convert.gate.receptive_field import cuts
from pix2phone.errors import CheckFailed
from pix2phone.external.convention import Convention
from pix2phone.external.engine import NOTHING_SAID
from pix2phone.external.global_operators import global_operator
from pix2phone.external.network import Flags
from pix2phone.external.open import FLAGS, External, open_external
from pix2phone.external.torchscript import adaptive_operator


class Foreign(External):
    """An external network with a runtime, and with its measured tiling."""

    @cached_property
    def reference(self) -> ForeignRuntime:
        """The original network, in its own runtime."""
        return ForeignRuntime(self.network, lambda: self.cuts)

    @cached_property
    def cuts(self) -> dict[str, Any]:
        """The tiling in every file's metadata; `reference` heeds it from then on."""
        found = cuts(self.reference, self._global_operator())
        self.reference.take(self.metadata | found)
        return found

    @property
    def beyond(self) -> str:
        """The treatment of pictures larger than a file's sizes."""
        is_local = self.cuts["tiling"] == "local"
        return "larger pictures go by tiles" if is_local else "larger pictures are refused: it looks at the whole one"

    def _global_operator(self) -> str:
        if self.path.suffix.lower() == ".tflite":
            return ""  # decided by measurement
        if self.path.suffix.lower() != ".onnx" and (operator := adaptive_operator(self.path)):
            return operator
        try:
            return global_operator(self.wrapped, self.network.multiple, self.network.size)
        except CheckFailed:  # then decided by measurement
            return ""


def open_foreign(path: Path, said: Convention = NOTHING_SAID, flags: Flags = FLAGS) -> Foreign:
    """The network in the file `path`; UserError as raised by `open_external`."""
    return Foreign(open_external(path, said, flags).network)
