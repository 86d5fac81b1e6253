"""How a time is taken: the paper's trimmed mean, and the loop that takes all systems in turn."""

import os
import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from benchmarks.paper import GPU_FACTOR, ITERATIONS, SIZES
from pix2phone.console import track
from pix2phone.errors import UserError

LARGEST = 8192
PAUSE_SECONDS = 0.01
SETTLE_SECONDS = 0.1
LEAST_SAMPLES = 2


@dataclass(frozen=True)
class Plan:
    """How one run measures; it checks itself and names the flag.

    `iterations` are those of the CPU, a GPU gets ten times as many. `seconds`: a row stops at a size once its timed
    iterations have taken that long (never before `LEAST_SAMPLES`); None: it never stops early. `photos` and `longest`
    limit the held-out photos, in number and in pixels; None: all, as the checkpoint's data has them.
    """

    iterations: int = ITERATIONS
    sizes: tuple[int, ...] = SIZES
    threads: int = os.cpu_count() or 1
    warm_ups: int = 3
    seconds: float | None = None
    photos: int | None = None
    longest: int | None = None
    quick: bool = False
    seed: int = 0

    def __post_init__(self) -> None:
        if self.iterations < 1:
            raise UserError(f"--iterations: {self.iterations}: must be at least 1")
        if self.threads < 1:
            raise UserError(f"--threads: {self.threads}: must be at least 1")
        for size in self.sizes:
            if not 1 <= size <= LARGEST:
                raise UserError(f"--sizes: {size}: must be between 1 and {LARGEST} pixels")

    def iterations_on(self, device: str) -> int:
        """Timed iterations for each row on "cpu" or "cuda"."""
        return self.iterations * (GPU_FACTOR if device == "cuda" else 1)


@dataclass
class Timing:
    """What one system did at one size: seconds of each timed iteration, or why there are none."""

    samples: list[float] = field(default_factory=list)
    failure: str = ""
    settle: bool = False

    def goes_on(self, seconds: float | None) -> bool:
        """Whether it takes part in the next round."""
        spent = seconds is not None and len(self.samples) >= LEAST_SAMPLES and sum(self.samples) >= seconds
        return not (self.failure or spent)


def take_turns(
    networks: dict[str, Callable[[], None]], iterations: int, plan: Plan, description: str
) -> dict[str, Timing]:
    """Time every network `iterations` times after `plan.warm_ups` untimed ones, seconds each.

    In each round all have one turn, in a random order that `plan.seed` fixes: a machine that drifts hurts all alike.
    A network that raises drops out with the reason; the others go on.
    """
    timings = {key: Timing() for key in networks}
    for key, network in networks.items():
        for _ in range(plan.warm_ups):
            _turn(network, timings[key])
        # Between two turns other networks fill the caches: a fast one gets one untimed turn to fill them again.
        timings[key].settle = bool(timings[key].samples) and timings[key].samples[-1] < SETTLE_SECONDS
        timings[key].samples.clear()
    order = random.Random(plan.seed)
    for _ in track(range(iterations), description, iterations):
        keys = [key for key, timing in timings.items() if timing.goes_on(plan.seconds)]
        if not keys:
            break
        for key in order.sample(keys, len(keys)):
            _turn(networks[key], timings[key])
    return timings


def _turn(network: Callable[[], None], timing: Timing) -> None:
    if timing.failure:
        return
    time.sleep(PAUSE_SECONDS)  # runtimes' worker threads spin for a while after their turn; let them fall asleep
    try:
        if timing.settle:
            network()
        started = time.perf_counter()
        network()
        timing.samples.append(time.perf_counter() - started)
    except Exception as error:  # each runtime has its own kinds; whatever it is, the others go on
        timing.failure = reason(error)


def reason(error: Exception) -> str:
    """The first line of an error, or its kind when it has none."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
