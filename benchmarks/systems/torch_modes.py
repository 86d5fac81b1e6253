"""The ways of running a torch module: eager, compiled, as TorchScript, and on the GPU with three clocks."""

import logging
import os
from collections.abc import Callable
from typing import cast

import numpy as np
import torch
from torch import nn

from convert.runtimes.torch_model import TorchRuntime

CAPTURE_WARM_UPS = 3  # from PyTorch's guide to CUDA graphs


class CompiledRuntime(TorchRuntime):
    """torch.compile with default settings; the first picture of each size triggers compilation."""

    name = "torch.compile"

    def __init__(self, model: nn.Module, multiple: int) -> None:
        super().__init__(model, multiple)
        os.environ.setdefault("TORCHINDUCTOR_COMPILE_THREADS", "1")  # no pool of compilers that outlives the first run
        logging.getLogger("torch.utils.cpp_extension").setLevel(logging.ERROR)  # it warns about a missing GPU compiler
        self.model = cast("nn.Module", torch.compile(self.model))


class ScriptRuntime(TorchRuntime):
    """Traced for the loaded size, and frozen."""

    name = "TorchScript"

    def load(self, picture: np.ndarray) -> None:
        super().load(picture)
        with torch.no_grad():
            self.model = torch.jit.freeze(torch.jit.trace(self.source, self.image, check_trace=False))


class CudaRuntime(TorchRuntime):
    """Eager torch on the GPU, timed by the plain loop: `invoke` waits for the GPU."""

    def __init__(self, model: nn.Module, multiple: int) -> None:
        super().__init__(model.cuda(), multiple)

    def load(self, picture: np.ndarray) -> None:
        super().load(picture)
        self.image = self.image.cuda()

    def launch(self) -> None:
        """Enqueue the work on the GPU."""
        super().invoke()

    def invoke(self) -> None:
        self.launch()
        torch.cuda.synchronize()

    def raw(self) -> np.ndarray:
        return self.result[0].permute(1, 2, 0).cpu().numpy()


class EventRuntime(CudaRuntime):
    """Timed by the GPU's own events, which excludes Python and the launch before the first kernel."""

    def seconds(self) -> float:
        """Seconds of one picture, between two events in the GPU's queue."""
        begin, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
        begin.record()
        self.launch()
        end.record()
        end.synchronize()
        return begin.elapsed_time(end) / 1000


class GraphRuntime(EventRuntime):
    """All kernels captured once and replayed as one CUDA graph; timed by events."""

    def load(self, picture: np.ndarray) -> None:
        super().load(picture)
        beside = torch.cuda.Stream()
        beside.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(beside), torch.inference_mode():
            for _ in range(CAPTURE_WARM_UPS):
                self.model(self.image)
        torch.cuda.current_stream().wait_stream(beside)
        self.graph = torch.cuda.CUDAGraph()
        with torch.inference_mode(), torch.cuda.graph(self.graph):
            self.result = self.model(self.image)

    def launch(self) -> None:
        self.graph.replay()


MODES: dict[str, Callable[[nn.Module, int], TorchRuntime]] = {
    "eager": TorchRuntime,
    "compile": CompiledRuntime,
    "script": ScriptRuntime,
    "loop": CudaRuntime,
    "events": EventRuntime,
    "graph": GraphRuntime,
}


def weights_in_bytes(model: nn.Module) -> int:
    """Bytes of all tensors in its state_dict."""
    return sum(tensor.numel() * tensor.element_size() for tensor in model.state_dict().values())
