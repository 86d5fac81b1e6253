"""For each MIL operator that takes each value by itself: a use of it, and the same in torch."""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from coremltools.converters.mil import Builder as mb
from coremltools.converters.mil.mil import Var
from mil_programs import Case, drawn
from torch.nn import functional as F

OTHER, SLOPES = drawn(1, 8, 6, 10), drawn(8)


def drawn_once(*shape: int) -> np.ndarray:
    return np.random.default_rng(5).normal(size=shape).astype(np.float32)


def alone(name: str, in_torch: Callable[[torch.Tensor], torch.Tensor], **given: Any) -> Case:
    """An operator of one argument and, `given`, constants."""
    return lambda x: getattr(mb, name)(x=x, **given), in_torch


def of_positive(name: str, in_torch: Callable[[torch.Tensor], torch.Tensor], **given: Any) -> Case:
    return lambda x: getattr(mb, name)(x=mb.exp(x=x), **given), lambda x: in_torch(x.exp())


def compared(name: str, in_torch: Callable[[torch.Tensor, Any], torch.Tensor]) -> Case:
    """With some values that are the same, as a number."""

    def build(x: Var) -> Var:
        return mb.cast(x=getattr(mb, name)(x=mb.round(x=x), y=1.0), dtype="fp32")

    return build, lambda x: in_torch(x.round(), 1.0).float()


def both(name: str, in_torch: Callable[[torch.Tensor, torch.Tensor], torch.Tensor]) -> Case:
    """Of two truth values."""

    def build(x: Var) -> Var:
        return mb.cast(x=getattr(mb, name)(x=mb.greater(x=x, y=0.0), y=mb.less(x=x, y=0.5)), dtype="fp32")

    return build, lambda x: in_torch(x > 0, x < 0.5).float()


ELEMENTWISE: dict[str, Case] = {
    "identity": (lambda x: mb.identity(x=x), lambda x: x),
    "cast": (lambda x: mb.cast(x=mb.cast(x=x, dtype="int32"), dtype="fp32"), torch.trunc),
    "cast to half": (lambda x: mb.cast(x=mb.cast(x=x, dtype="fp16"), dtype="fp32"), lambda x: x.half().float()),
    "add": (lambda x: mb.add(x=x, y=OTHER), lambda x: x + OTHER),
    "sub": (lambda x: mb.sub(x=2.5, y=x), lambda x: 2.5 - x),
    "mul": (lambda x: mb.mul(x=x, y=drawn_once(8, 1, 1)), lambda x: x * drawn_once(8, 1, 1)),
    "real_div": (lambda x: mb.real_div(x=x, y=255.0), lambda x: x / 255),
    "maximum": (lambda x: mb.maximum(x=x, y=0.2), lambda x: x.clamp(min=0.2)),
    "minimum": (lambda x: mb.minimum(x=x, y=0.2), lambda x: x.clamp(max=0.2)),
    "clip": (lambda x: mb.clip(x=x, alpha=-0.5, beta=1.0), lambda x: x.clamp(-0.5, 1)),
    "relu": (lambda x: mb.relu(x=x), F.relu),
    "leaky_relu": (lambda x: mb.leaky_relu(x=x, alpha=0.1), lambda x: F.leaky_relu(x, 0.1)),
    "sigmoid": (lambda x: mb.sigmoid(x=x), torch.sigmoid),
    "tanh": (lambda x: mb.tanh(x=x), torch.tanh),
    "relu6": alone("relu6", F.relu6),
    "prelu": alone("prelu", lambda x: F.prelu(x, torch.from_numpy(SLOPES)), alpha=SLOPES),
    "elu": alone("elu", lambda x: F.elu(x, 0.7), alpha=0.7),
    "gelu": alone("gelu", F.gelu),
    "gelu, tanh": alone("gelu", lambda x: F.gelu(x, approximate="tanh"), mode="TANH_APPROXIMATION"),
    "gelu, sigmoid": alone("gelu", lambda x: x / (1 + (-1.702 * x).exp()), mode="SIGMOID_APPROXIMATION"),
    "silu": alone("silu", F.silu),
    "sigmoid_hard": alone("sigmoid_hard", F.hardsigmoid, alpha=1 / 6, beta=0.5),
    "softplus": alone("softplus", F.softplus),
    "softsign": alone("softsign", F.softsign),
    "thresholded_relu": alone("thresholded_relu", lambda x: F.threshold(x, 0.5, 0), alpha=0.5),
    "threshold": alone("threshold", lambda x: x.clamp(min=0.5), alpha=0.5),
    "linear_activation": alone("linear_activation", lambda x: 2 * x - 1, alpha=2.0, beta=-1.0),
    "abs": alone("abs", torch.abs),
    "ceil": alone("ceil", torch.ceil),
    "cos": alone("cos", torch.cos),
    "erf": alone("erf", torch.erf),
    "exp": alone("exp", torch.exp),
    "floor": alone("floor", torch.floor),
    "round": alone("round", torch.round),
    "sign": alone("sign", torch.sign),
    "sin": alone("sin", torch.sin),
    "square": alone("square", torch.square),
    "inverse": of_positive("inverse", lambda x: 1 / (x + 0.1), epsilon=0.1),
    "log": of_positive("log", lambda x: (x + 0.1).log(), epsilon=0.1),
    "rsqrt": of_positive("rsqrt", lambda x: 1 / (x + 0.1).sqrt(), epsilon=0.1),
    "sqrt": of_positive("sqrt", torch.sqrt),
    "pow": of_positive("pow", lambda x: x**2.2, y=2.2),
    "floor_div": alone("floor_div", lambda x: (x / 0.3).floor(), y=0.3),
    "mod": alone("mod", lambda x: x - (x / 0.75).floor() * 0.75, y=0.75),
    "equal": compared("equal", torch.eq),
    "not_equal": compared("not_equal", torch.ne),
    "greater": compared("greater", torch.gt),
    "greater_equal": compared("greater_equal", torch.ge),
    "less": compared("less", torch.lt),
    "less_equal": compared("less_equal", torch.le),
    "logical_and": both("logical_and", torch.logical_and),
    "logical_or": both("logical_or", torch.logical_or),
    "logical_not": (
        lambda x: mb.cast(x=mb.logical_not(x=mb.greater(x=x, y=0.0)), dtype="fp32"),
        lambda x: (x <= 0).float(),
    ),
    "select": (
        lambda x: mb.select(cond=mb.greater(x=x, y=0.0), a=x, b=np.float32(-0.5)),
        lambda x: torch.where(x > 0, x, -0.5),
    ),
}
