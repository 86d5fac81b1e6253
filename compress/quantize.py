"""int8 scales, decided once and in torch; every target of `convert` takes them from the checkpoint.

Activations: 8 bits with a scale and a zero point for the whole tensor; weights: 8 bits, symmetric, a scale for each
output channel (Jacob et al. 2018, arXiv:1712.05877; Krishnamoorthi 2018, arXiv:1806.08342).
"""

import math
from collections.abc import Iterable
from typing import Any

import numpy as np
import torch
from torch.fx import GraphModule, Interpreter, Node

from compress.graph import aten, constant, join
from pix2phone.errors import UserError
from train.models.contract import Generator, pad_to_multiple

Ranges = dict[str, tuple[float, float]]
LEVELS = 255
