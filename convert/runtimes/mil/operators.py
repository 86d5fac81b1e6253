"""The operators of ML Programs on torch, in float32, for convert/runtimes/mil/program.py.

Arguments have MIL's names (https://apple.github.io/coremltools/source/coremltools.converters.mil.mil.ops.defs.html) and
come as torch tensors, numbers, words or truth values. NotImplementedError for a use that is not foreseen here. The
table holds the operators that coremltools makes of picture networks; an operator with several results gives a tuple.
"""

from collections.abc import Callable
from typing import Any

from convert.runtimes.mil.elementwise import ELEMENTWISE
from convert.runtimes.mil.layers import LAYERS
from convert.runtimes.mil.moves import MOVES
from convert.runtimes.mil.quantised import QUANTISED

OPERATORS: dict[str, Callable[..., Any]] = {**ELEMENTWISE, **LAYERS, **MOVES, **QUANTISED}
