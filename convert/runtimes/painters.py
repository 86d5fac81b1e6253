"""Any file that paints, as a runtime: a file made here declares its inputs, a foreign network is judged."""

from pathlib import Path

from convert import metadata
from convert.foreign import SUFFIXES
from convert.runtimes.base import Runtime
from convert.runtimes.open import open_runtime
from pix2phone.errors import UserError
from pix2phone.external.convention import Convention
from pix2phone.external.network import Flags

FLAGS = Flags("", unpaintable="export it with pictures of three channels and a free size")
LITERT = ".tflite"


def open_painter(path: Path, said: Convention) -> Runtime:
    """The runtime of `path`; the parts of a foreign network's convention missing in `said` are judged by its output.

    UserError as raised by open_runtime and open_foreign, and for any `said` fact about an artefact.
    """
    if path.is_file() and path.suffix.lower() in (LITERT, *SUFFIXES) and not _made_here(path):
        from convert.foreign.open import open_foreign  # imports torch, which artefacts do not need

        return open_foreign(path, said, FLAGS).reference
    if said != Convention():
        raise UserError(f"{said.typed}: applies to networks not made here only; {path} declares its own inputs")
    return open_runtime(path)


def _made_here(path: Path) -> bool:
    """Whether the file carries our metadata; what cannot be read does not."""
    try:
        if path.suffix.lower() == LITERT:
            return bool(metadata.read_tflite_metadata(path))
        import onnx

        written = onnx.load(path, load_external_data=False).metadata_props
        return any(entry.key == metadata.KEY for entry in written)
    except Exception:  # flatbuffers and protobuf raise several kinds, and TorchScript is neither
        return False
