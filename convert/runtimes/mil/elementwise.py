"""Elementwise operators of ML Programs on torch: part of the table in operators.py."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

GELUS: dict[str, Callable[[Tensor], Tensor]] = {
    "EXACT": F.gelu,
    "TANH_APPROXIMATION": lambda x: F.gelu(x, approximate="tanh"),
    "SIGMOID_APPROXIMATION": lambda x: x * torch.sigmoid(1.702 * x),
}

ACTIVATIONS: dict[str, Callable[..., Tensor]] = {
    "relu": lambda x: F.relu(x),
    "relu6": lambda x: F.relu6(x),
    "leaky_relu": lambda x, alpha: F.leaky_relu(x, alpha),
    "prelu": lambda x, alpha: F.prelu(x, alpha),
    "elu": lambda x, alpha: F.elu(x, alpha),
    "gelu": lambda x, mode: GELUS[mode](x),
    "silu": lambda x: F.silu(x),
    "sigmoid": lambda x: torch.sigmoid(x),
    "sigmoid_hard": lambda x, alpha, beta: (alpha * x + beta).clamp(0, 1),
    "softplus": lambda x: F.softplus(x),
    "softsign": lambda x: F.softsign(x),
    "tanh": lambda x: torch.tanh(x),
    "thresholded_relu": lambda x, alpha: torch.where(x >= alpha, x, 0.0),
    "linear_activation": lambda x, alpha, beta: alpha * x + beta,
}

UNARY: dict[str, Callable[..., Any]] = {
    "cast": lambda x, dtype: x,  # every result has its variable's type
    "identity": lambda x: x,
    "abs": lambda x: torch.abs(x),
    "ceil": lambda x: torch.ceil(x),
    "clip": lambda x, alpha, beta: x.clamp(alpha, beta),
    "cos": lambda x: torch.cos(x),
    "erf": lambda x: torch.erf(x),
    "exp": lambda x: torch.exp(x),
    "floor": lambda x: torch.floor(x),
    "inverse": lambda x, epsilon: 1 / (x + epsilon),
    "log": lambda x, epsilon: torch.log(x + epsilon),
    "logical_not": lambda x: torch.logical_not(torch.as_tensor(x)),
    "round": lambda x: torch.round(x),
    "rsqrt": lambda x, epsilon: torch.rsqrt(x + epsilon),
    "sign": lambda x: torch.sign(x),
    "sin": lambda x: torch.sin(x),
    "sqrt": lambda x: torch.sqrt(x),
    "square": lambda x: x * x,
    "threshold": lambda x, alpha: x.clamp(min=alpha),
}

BINARY: dict[str, Callable[..., Any]] = {
    "add": lambda x, y: x + y,
    "sub": lambda x, y: x - y,
    "mul": lambda x, y: x * y,
    "real_div": lambda x, y: x / y,
    "floor_div": lambda x, y: x // y,
    "mod": lambda x, y: x % y,
    "pow": lambda x, y: x**y,
    "maximum": lambda x, y: torch.maximum(torch.as_tensor(x), torch.as_tensor(y)),
    "minimum": lambda x, y: torch.minimum(torch.as_tensor(x), torch.as_tensor(y)),
    "equal": lambda x, y: x == y,
    "not_equal": lambda x, y: x != y,
    "greater": lambda x, y: x > y,
    "greater_equal": lambda x, y: x >= y,
    "less": lambda x, y: x < y,
    "less_equal": lambda x, y: x <= y,
    "logical_and": lambda x, y: torch.logical_and(torch.as_tensor(x), torch.as_tensor(y)),
    "logical_or": lambda x, y: torch.logical_or(torch.as_tensor(x), torch.as_tensor(y)),
}

ELEMENTWISE: dict[str, Callable[..., Any]] = {
    **ACTIVATIONS,
    **UNARY,
    **BINARY,
    "select": lambda cond, a, b: torch.where(torch.as_tensor(cond), a, b),
}
