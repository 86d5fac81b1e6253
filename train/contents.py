"""Hashes of what files hold, by which a run knows whether it would see the same again."""

import hashlib
import os
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path


def file_hash(path: Path) -> str:
    """Of the bytes in one file. OSError when it cannot be read."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def files_hash(paths: Iterable[Path]) -> str:
    """Of many files in their order, whatever they are called; on all cores."""
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return hashlib.sha256("".join(pool.map(file_hash, paths)).encode()).hexdigest()


def network_hash(path: Path) -> str:
    """Of a network's file and of those beside it that hold weights of an ONNX network."""
    return files_hash([path, *weights_files(path)])


def weights_files(path: Path) -> list[Path]:
    """Other files, there or not, in which the ONNX network at `path` has some of its weights; none for other kinds.

    (ONNX keeps them so above 2 GB, and torch's exporter always: https://onnx.ai/onnx/repo-docs/ExternalData.html.)
    """
    if path.suffix.lower() != ".onnx":
        return []
    import onnx
    from google.protobuf.message import DecodeError
    from onnx.external_data_helper import ExternalDataInfo, _get_all_tensors, uses_external_data

    try:
        tensors = _get_all_tensors(onnx.load(path, load_external_data=False))
        named = {ExternalDataInfo(tensor).location for tensor in tensors if uses_external_data(tensor)}
    except DecodeError:  # no ONNX at all, as its runtime will say
        return []
    return [path.parent / name for name in sorted(named)]
