"""A network's file opened in its runtime: tensors in, run, tensors out."""

from abc import ABC, abstractmethod
from typing import NamedTuple

import numpy as np

Shape = list[int | str | None]


class TensorInfo(NamedTuple):
    """An input or output: `shape` has no number where a side is free, `dtype` is numpy's name of its type."""

    name: str
    shape: Shape
    dtype: str

    def __str__(self) -> str:
        return f"{self.name} ({'x'.join(str(side or '?') for side in self.shape) or 'a number'})"


class Session(ABC):
    """An open file. It holds one set of values at a time; threads that run it at once need a `PerThread` session.

    `feed`, `run` and `read` are separate so that `run` can be timed alone. `wanted` names the outputs to compute.
    """

    inputs: list[TensorInfo]
    outputs: list[TensorInfo]
    wanted: list[str]

    @abstractmethod
    def feed(self, values: dict[str, np.ndarray]) -> None:
        """Put a value into every input, by name, of a shape that the network takes and the input's dtype."""

    @abstractmethod
    def run(self) -> None:
        """Run the network on the fed arrays, and nothing else."""

    @abstractmethod
    def read(self, name: str) -> np.ndarray:
        """The value of the output `name`, of the dtype that `outputs` states."""

    def span(self, name: str) -> tuple[float, float] | None:
        """The real numbers between which the quantised input `name` holds all that it can; None for another."""
        return None
