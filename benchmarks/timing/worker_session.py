"""A child process's operations on its system: open, time, paint, and report memory and cost.

Its answers are plain, so that pydantic does not count in the measured memory.
"""

import io
import resource
import statistics
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageOps

from benchmarks.systems.system import Failed, System
from benchmarks.timing.protocol import Stopwatch, Turn
from convert.runtimes.base import NotRun, Runtime, pad
from pix2phone.errors import UserError

END_TO_END_RUNS, END_TO_END_SECONDS = 10, 2.0
SLICES = 60  # of a sustained curve
LEAST_SLICE_SECONDS = 1.0
QUALITY = 95  # of JPEG pictures


class Session:
    """One system in this process."""

    runtime: Runtime
    turn: Turn
    """One timed iteration, in seconds on this process's clock or the GPU's."""

    def __init__(self, system: System) -> None:
        self.system = system

    def ready(self) -> None:
        """Return once the libraries are loaded."""

    def open(self) -> tuple[str, int, float | None]:
        """Load the network: the runtime's name, the multiple, milliseconds if there is something to load."""
        begun = time.perf_counter()
        self.runtime = self.system.open(self.system.threads)
        spent = time.perf_counter() - begun
        self.turn = getattr(self.runtime, "seconds", None) or Stopwatch(self.runtime.invoke)
        return self.runtime.name, self.runtime.multiple, _ms(spent) if self.system.path else None

    def first(self, picture: np.ndarray) -> float:
        """Load uint8 H x W x 3, padded to the network's multiple; milliseconds of the first inference.

        NotRun if the file does not support the size, Failed if the output is not finite.
        """
        try:
            sides = self.runtime.padded(*picture.shape[:2])
        except UserError as error:
            raise NotRun(Path(self.system.key), str(error)) from None
        self.runtime.load(pad(picture, *sides))
        begun = time.perf_counter()
        self.runtime.invoke()
        spent = time.perf_counter() - begun
        self.check()
        return _ms(spent)

    def check(self) -> None:
        """Failed when the last output is not finite."""
        if not np.isfinite(self.runtime.raw()).all():
            raise Failed("NaN or infinity in its output")

    def load(self, picture: np.ndarray) -> None:
        """Put a padded picture into the network's input."""
        self.runtime.load(picture)

    def invoke(self) -> None:
        """Run the network on the loaded picture."""
        self.runtime.invoke()

    def raw(self) -> np.ndarray:
        """The network's own output."""
        return self.runtime.raw()

    def paint(self, picture: np.ndarray) -> np.ndarray:
        """A picture of any size."""
        return self.runtime(picture)

    def peak_memory(self) -> int:
        """Peak memory of this process, bytes.

        On Linux a child inherits the peak of its parent, so getrusage would report the parent's.
        """
        status = Path("/proc/self/status")
        if status.exists():
            line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
            return int(line.split()[1]) * 1024
        used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return used if sys.platform == "darwin" else used * 1024

    def describe(self, side: int) -> dict[str, Any]:
        """For a network in torch: "parameters", "gmacs" at `side` x `side`, and without a file the weights' "bytes"."""
        from convert.runtimes.torch_model import TorchRuntime

        if not isinstance(self.runtime, TorchRuntime):
            return {}
        from benchmarks.systems.torch_modes import weights_in_bytes
        from compress.macs import gmacs

        model: Any = self.runtime.source
        facts: dict[str, Any] = {"parameters": sum(parameter.numel() for parameter in model.parameters())}
        with suppress(NotImplementedError):  # fake-quantisation operators cannot be counted
            facts["gmacs"] = round(gmacs(model, side), 4)
        return facts | ({} if self.system.path else {"bytes": weights_in_bytes(model)})

    def end_to_end(self, photo: bytes, side: int) -> dict[str, float] | None:
        """An EndToEnd, from and to JPEG in memory; None if the output is not a picture."""
        if self.runtime.raw().ndim != 3 or self.runtime.raw().shape[2] != 3:
            return None
        runs: list[dict[str, float]] = []
        until = time.perf_counter() + END_TO_END_SECONDS
        while len(runs) < END_TO_END_RUNS and (not runs or time.perf_counter() < until):
            runs.append(self._once(photo, side))
        medians = {step: round(statistics.median(run[step] for run in runs), 4) for step in runs[0]}
        return medians | {"runs": len(runs)}

    def _once(self, photo: bytes, side: int) -> dict[str, float]:
        marks = [time.perf_counter()]
        mark = partial(_mark, marks)
        decoded = mark(Image.open(io.BytesIO(photo)).convert("RGB"))
        picture = mark(np.asarray(ImageOps.fit(decoded, (side, side), Image.Resampling.BILINEAR)))
        self.runtime.load(pad(picture, *self.runtime.padded(side, side)))
        self.runtime.invoke()
        painted = mark(self.runtime.read()[:side, :side])
        Image.fromarray(painted).save(io.BytesIO(), "JPEG", quality=QUALITY)
        mark(None)
        steps = dict(zip(("decode", "resize", "network", "encode"), np.diff(marks).tolist(), strict=True))
        return {step: _ms(seconds) for step, seconds in (steps | {"total": marks[-1] - marks[0]}).items()}

    def sustain(self, seconds: float, clock: Callable[[], float] = time.perf_counter) -> list[dict[str, Any]]:
        """CurvePoints of continuous inference for `seconds`."""
        width = max(LEAST_SLICE_SECONDS, seconds / SLICES)
        begun = sliced = clock()
        curve: list[dict[str, Any]] = []
        samples: list[float] = []
        while (now := clock()) - begun < seconds:
            self.runtime.invoke()
            samples.append(clock() - now)
            if clock() - sliced >= width:
                at, median = round(clock() - begun, 2), _ms(statistics.median(samples))
                curve.append({"at_s": at, "median_ms": median, "runs": len(samples)})
                samples, sliced = [], clock()
        return curve


def _mark(marks: list[float], value: Any) -> Any:
    marks.append(time.perf_counter())
    return value


def _ms(seconds: float) -> float:
    return round(seconds * 1000, 4)
