"""A tiny student as Core ML packages, and their contents."""

from pathlib import Path
from typing import Any

import coremltools as ct
import numpy as np
from made_files import stirred_student
from torch.fx import GraphModule

from convert.coreml.write import write_coreml
from convert.runtimes.mil.program import Program
from pix2phone.console import muted
from pix2phone.pictures import fit, read_picture
from train.data.photos import builtin
from train.models.student import Student

FACTS = {
    "model": "tiny",
    "description": "a photo in",
    "multiple": 4,
    "checkpoint": "tiny.safetensors",
    "sha256": "0123",
    "author": "A. Painter",
    "licence": "Apache-2.0",
    "versions": {"pix2phone": "0.1.0"},
}
SIZES = [(64, 96), (96, 64), (33, 31)]


def tiny_student() -> Student:
    return stirred_student(std=0.5, seed=1)


def written(graph: GraphModule, path: Path, **how: Any) -> Path:
    with muted():
        write_coreml(graph, path, FACTS | {"multiple": graph.meta["spec"].multiple}, **how)
    return path


def photos(count: int, side: int = 96) -> list[np.ndarray]:
    return [fit(read_picture(photo), side) for photo in builtin("train")[:count]]


def photo(height: int, width: int) -> np.ndarray:
    return read_picture(builtin("held-out")[0])[100 : 100 + height, 200 : 200 + width]


def weight_file(path: Path) -> Path:
    return path / "Data" / "com.apple.CoreML" / "weights" / "weight.bin"


def spec_of(path: Path) -> Any:
    return ct.models.MLModel(str(path), skip_model_load=True).get_spec()


def operators(path: Path, kind: str) -> list[Any]:
    program = Program(path)
    everything = [*(variable.op for variable in program.constants), *(operation for operation, _ in program.steps)]
    return [operation for operation in everything if operation.op_type == kind]
