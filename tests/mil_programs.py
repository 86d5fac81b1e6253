"""ML Programs of an operator or two, saved and read back, and their inputs."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import coremltools as ct
import numpy as np
import torch
from coremltools.converters.mil import Builder as mb
from coremltools.converters.mil.mil import Var, types

from convert.runtimes.mil.program import Program
from pix2phone.console import muted

RANDOM = np.random.default_rng(0)
PLANES = torch.from_numpy(RANDOM.normal(size=(1, 8, 6, 10)).astype(np.float32))


def drawn(*shape: int) -> np.ndarray:
    return RANDOM.normal(size=shape).astype(np.float32)


def drawn_bytes(*shape: int) -> np.ndarray:
    return RANDOM.integers(-127, 128, shape).astype(np.int8)


def saved(
    folder: Path, build: Callable[[Var], Var], x: torch.Tensor, ios: ct.target = ct.target.iOS17, half: bool = False
) -> Program:
    """The program x -> build(x), saved just as it is built, and read back."""
    dtype = types.fp16 if half else types.fp32

    @mb.program(input_specs=[mb.TensorSpec(shape=tuple(x.shape), dtype=dtype)], opset_version=ios)
    def program(x: Var) -> Var:
        return build(x)

    with muted():
        ct.convert(
            program,
            convert_to="mlprogram",
            minimum_deployment_target=ios,
            compute_precision=ct.precision.FLOAT32,
            pass_pipeline=ct.PassPipeline.EMPTY,
        ).save(str(folder / "M.mlpackage"))
    return Program(folder / "M.mlpackage")


def tensor(values: Any) -> torch.Tensor:
    return torch.from_numpy(values)


def flat(x: torch.Tensor) -> torch.Tensor:
    return x.reshape(1, 8, 60)


def mb_flat(x: Var) -> Var:
    return mb.reshape(x=x, shape=[1, 8, -1])


Case = tuple[Callable[[Var], Var], Callable[[torch.Tensor], torch.Tensor]]
