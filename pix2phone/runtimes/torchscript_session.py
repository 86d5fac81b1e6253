"""TorchScript modules in torch, on the CPU."""

import numpy as np
import torch

from pix2phone.runtimes.session import Session, TensorInfo

INPUT, OUTPUT = "x", "y"  # a module's file has no names for them


class TorchScriptSession(Session):
    """A `module` of one tensor in and one out, which does not state shapes; `threads` hold for all of torch.

    Its input and output are called `INPUT` and `OUTPUT`.
    """

    def __init__(self, module: torch.jit.ScriptModule, threads: int | None = None) -> None:
        if threads:
            torch.set_num_threads(threads)
        self.module = module
        self.inputs, self.outputs = ([TensorInfo(name, [], "float32")] for name in (INPUT, OUTPUT))
        self.wanted = [OUTPUT]

    def feed(self, values: dict[str, np.ndarray]) -> None:
        self.image = torch.from_numpy(values[INPUT])

    def run(self) -> None:
        """Raises RuntimeError with TorchScript's own one-line reason."""
        try:
            with torch.inference_mode():
                self.made = self.module(self.image)
        except (RuntimeError, torch.jit.Error) as error:  # the error comes last, after its location
            raise RuntimeError(str(error).strip().splitlines()[-1]) from None

    def read(self, name: str) -> np.ndarray:
        return self.made.numpy()
