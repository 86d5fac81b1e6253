"""The places of each stage's files, the search for the newest, and writing without half-written files."""

import json
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from pix2phone.errors import UserError

ROOT = Path(__file__).resolve().parent.parent
ARTIFACTS = Path("artifacts")
TRAINED = ARTIFACTS / "trained.safetensors"
COMPRESSED = ARTIFACTS / "compressed.safetensors"
CONVERTED = ARTIFACTS / "converted.json"
BENCHMARKS = ARTIFACTS / "benchmarks.json"
SHIPPED = ROOT / "train" / "pretrained" / "small.safetensors"
PHOTOS_DIR = ROOT / "train" / "data" / "builtin"  # the built-in photographs


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A temporary name beside `path`, for a file or a folder; renamed to `path` on success, removed on any failure.

    UserError where a file would replace a folder.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = _beside(path)
    try:
        yield temporary
        if path.is_dir() and not path.is_symlink():
            if not temporary.is_dir():
                raise UserError(f"{path}: is a folder; name a file")
            shutil.rmtree(path)
        temporary.replace(path)
    finally:
        if temporary.is_dir():
            shutil.rmtree(temporary)
        temporary.unlink(missing_ok=True)


def _beside(path: Path) -> Path:
    """A new hidden name with the suffix of `path`, short whatever that is: file systems take 255 bytes a name."""
    return path.with_name(f".{uuid.uuid4().hex}{path.suffix}")


def write_json(path: Path, content: Any) -> None:
    """Write sorted, indented JSON through a temporary name."""
    with replacing(path) as temporary:
        temporary.write_text(json.dumps(content, indent=1, sort_keys=True) + "\n")


def read_json(path: Path) -> Any:
    """Read JSON; UserError when the file is missing or broken."""
    try:
        return json.loads(path.read_text())
    except FileNotFoundError:
        raise UserError(f"{path}: no such file; run the stage that writes it first") from None
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise UserError(f"{path}: not readable as JSON ({error}); make it again") from None


def checkpoint_path(text: str) -> Path:
    """The type of a --out flag that names a checkpoint to write. UserError for a folder or another suffix."""
    path = Path(text)
    if path.suffix != ".safetensors" or path.is_dir():
        raise UserError(f"--out: {path}: a checkpoint is a file whose name ends in .safetensors")
    return path


def check_writable(out: Path) -> None:
    """UserError unless a file can be put at `out`: to be known before an hour's work, not after it."""
    missing = [folder for folder in out.parents if not folder.exists()]
    trial = _beside(out)
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        trial.touch()
        trial.unlink()
    except OSError as error:
        raise UserError(f"--out: {out}: cannot be written ({error.strerror}); name another place") from None
    finally:
        for folder in missing:
            with suppress(OSError):
                folder.rmdir()


def newest(*candidates: Path) -> Path:
    """The most recently written of `candidates` that exists, else the model that the repo ships."""
    made = [path for path in candidates if path.exists()]
    return max(made, key=lambda path: path.stat().st_mtime) if made else SHIPPED
