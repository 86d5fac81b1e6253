"""What writers of operators are given: a plan with all that is decided before a file is written.

In TensorFlow feature maps are N x H x W x C. What attention flattens to N x C x (H * W) stays unflattened, so that a
file written at one size is right at any other.
"""

from dataclasses import dataclass
from typing import Any, NoReturn

import numpy as np
from torch.fx import Node

from operators.channels import Order
from operators.levels import Ranges, scale_and_zero
from pix2phone.errors import CheckFailed

AXES = {1: -1, 2: 1, 3: 2}  # torch's dimensions of N x C x H x W in TensorFlow


@dataclass(frozen=True)
class Transposed:
    """A flattened feature map, N x C x L, that torch sees as N x L x C; `x`, a tensor of TensorFlow, is as it was."""

    x: Any


@dataclass(frozen=True)
class TensorFlowPlan:
    """`tf`: the module, which is slow to import. `orders`: of channels; `ranges`: int8 ranges of nodes by name."""

    tf: Any
    orders: dict[Node, Order]
    ranges: Ranges

    def saturates(self, node: Node, low: float, high: float) -> bool:
        """Whether rounding to 8 bits alone keeps the values of `node` in [low, high]."""
        ends = self.ranges.get(node.name) or (-np.inf, np.inf)
        return low <= ends[0] and ends[1] <= high

    def rounded(self, node: Node, x: Any) -> Any:
        """`x` on the levels of `node`'s range, if it has one."""
        ends = self.ranges.get(node.name)
        return x if ends is None else self.tf.quantization.fake_quant_with_min_max_args(x, *ends)

    def refuse(self, node: Node, why: str) -> NoReturn:
        """Raise CheckFailed."""
        raise CheckFailed(f"LiteRT: {node.target} ({node.name}): {why}")


@dataclass(frozen=True)
class OnnxPlan:
    """`orders` and `ranges` as above; `int8`: the convolutions with a kernel of 8 bits; `parts`: what is written."""

    orders: dict[Node, Order]
    ranges: Ranges
    int8: set[Node]
    parts: Any

    def call(self, operator: str, node: Node, *inputs: str, **attributes: Any) -> str:
        """Add the operator that computes `node`."""
        return self.parts.call(operator, node.name, *inputs, **attributes)

    def constant(self, node: Node, name: str, values: Any) -> str:
        """The name of a constant that `node` takes."""
        return self.parts.constant(f"{node.name}_{name}", values)

    def scale_and_zero(self, node: Node) -> tuple[str, str]:
        """The constants of a node that has a range."""
        ends = self.ranges[node.name]
        assert ends
        scale, zero = scale_and_zero(ends)
        return self.constant(node, "scale", np.float32(scale)), self.constant(node, "zero", np.uint8(zero))

    def refuse(self, node: Node, why: str) -> NoReturn:
        """Raise CheckFailed."""
        raise CheckFailed(f"ONNX: {node.target} ({node.name}): {why}")
