"""Hashes of files' contents, by which a run knows whether it would see the same again."""

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
