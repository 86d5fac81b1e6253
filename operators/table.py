"""All entries, and the questions that are asked of them."""

from collections.abc import Callable
from typing import Any

from torch.fx import Node

from operators import attention, convolution, elementwise, moves, norms, padding, pooling, resizing
from operators.entry import Operator

FILES = (attention, convolution, elementwise, moves, norms, padding, pooling, resizing)
OPERATORS: dict[Any, Operator] = {
    target: operator for file in FILES for operator in file.OPERATORS for target in operator.targets
}
UNKNOWN = Operator(())


def of(node: Node) -> Operator:
    """The entry of the operator that `node` calls; `UNKNOWN` if there is none."""
    return OPERATORS.get(node.target, UNKNOWN)


def targets(where: Callable[[Operator], bool]) -> tuple[Any, ...]:
    """The aten calls whose entries have a property."""
    return tuple(target for target, operator in OPERATORS.items() if where(operator))
