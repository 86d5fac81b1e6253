"""The operators of ML Programs on torch, in float32: what convert/mil.py knows to evaluate.

Arguments have MIL's names (https://apple.github.io/coremltools/source/coremltools.converters.mil.mil.ops.defs.html) and
come as torch tensors, numbers, words or truth values. NotImplementedError for a use that is not foreseen here. The
table holds what coremltools makes of picture networks; an operator with several results gives a tuple.
"""

from collections.abc import Callable
from typing import Any

from convert.mil_elementwise import ELEMENTWISE
from convert.mil_layers import LAYERS
from convert.mil_moves import MOVES
from convert.mil_quantised import QUANTISED

OPERATORS: dict[str, Callable[..., Any]] = {**ELEMENTWISE, **LAYERS, **MOVES, **QUANTISED}
