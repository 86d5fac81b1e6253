"""A torch module as the reference for its converted files."""

from typing import TYPE_CHECKING

import numpy as np

from convert.runtimes.base import Runtime
from pix2phone.arrays import to_nchw

if TYPE_CHECKING:
    from torch import nn


class TorchRuntime(Runtime):
    """A torch module from and to N x 3 x H x W in [0, 1], as it is (no autocast), on the CPU."""

    name = "torch"

    def __init__(self, model: "nn.Module", multiple: int) -> None:
        self.source = self.model = model.eval()  # as it is, and as it runs
        self.multiple = self.grid = multiple
        self.tiling = getattr(getattr(model, "spec", None), "tiling", self.tiling)

    def load(self, picture: np.ndarray) -> None:
        import torch

        self.image = torch.from_numpy(to_nchw(picture))

    def invoke(self) -> None:
        import torch

        with torch.inference_mode():
            self.result = self.model(self.image)

    def raw(self) -> np.ndarray:
        return self.result[0].permute(1, 2, 0).numpy()
