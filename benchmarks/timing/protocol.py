"""The timing protocol: the plan of a run, the stopwatch for one iteration, and the loop that takes systems in turn."""

import os
import random
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from benchmarks.systems.paper import GPU_FACTOR, ITERATIONS, SIZES, TRIM_PERCENT
from pix2phone.console import track
from pix2phone.errors import UserError

if TYPE_CHECKING:
    from benchmarks.records.run import Settings

LARGEST = 8192
PAUSE_SECONDS = 0.01
SETTLE_SECONDS = 0.1
LEAST_SAMPLES = 2
Turn = Callable[[], float]  # one iteration; returns its seconds


@dataclass(frozen=True)
class BenchmarkPlan:
    """Settings of one run; it validates itself and names the flag.

    `iterations` are those of the CPU, one number for each of `sizes` or one for all; a GPU gets ten times as many.
    `seconds`: a row stops at a size once its timed iterations have taken that long (never before `LEAST_SAMPLES`);
    None: it never stops early. `photos` and `longest` limit the test photos, in number and in pixels; None: all,
    as the checkpoint's data has them. On `close` of them pictures are also painted in part and in motion, six times the
    work. `sustained`: seconds of the headline row's curve.
    """

    iterations: tuple[int, ...] = (ITERATIONS,)
    sizes: tuple[int, ...] = SIZES
    threads: int = os.cpu_count() or 1
    trim_percent: float = TRIM_PERCENT
    warm_ups: int = 3
    seconds: float | None = None
    photos: int | None = None
    longest: int | None = None
    close: int = 8
    sustained: float = 0.0
    quick: bool = False
    seed: int = 0

    def __post_init__(self) -> None:
        for count in self.iterations:
            if count < 1:
                raise UserError(f"--iterations: {count}: must be at least 1")
        for size in self.sizes:
            if not 1 <= size <= LARGEST:
                raise UserError(f"--sizes: {size}: must be between 1 and {LARGEST} pixels")
        if len(self.iterations) not in (1, len(self.sizes)):
            counts = " ".join(map(str, self.iterations))
            raise UserError(f"--iterations: {counts}: give one number, or one for each of {len(self.sizes)} sizes")
        if self.threads < 1:
            raise UserError(f"--threads: {self.threads}: must be at least 1")
        if not 0 <= self.trim_percent < 50:
            raise UserError(f"--trim: {self.trim_percent:g}: must be at least 0 and below 50 per cent")
        if not 0 <= self.sustained < float("inf"):
            raise UserError(f"--sustained: {self.sustained:g}: must be a number of seconds, 0 or more")

    def iterations_at(self, size: int, on_gpu: bool = False) -> int:
        """Timed iterations for each row at `size`."""
        each = self.iterations * len(self.sizes) if len(self.iterations) == 1 else self.iterations
        return each[self.sizes.index(size)] * (GPU_FACTOR if on_gpu else 1)

    def settings(self) -> "Settings":
        """The settings valid on every device."""
        from benchmarks.records.base import PictureSize  # not in timed processes, whose memory is measured
        from benchmarks.records.run import Settings

        return Settings(
            sizes=[PictureSize.square(size) for size in self.sizes],
            iterations=[self.iterations_at(size) for size in self.sizes],
            trim_percent=self.trim_percent,
            warm_ups=self.warm_ups,
            quick=self.quick,
        )

    def turn_settings(self) -> "Settings":
        """The same for systems timed by `take_turns`."""
        found = self.settings()
        found.seed, found.pause_ms, found.seconds = self.seed, PAUSE_SECONDS * 1000, self.seconds or None
        return found


class Stopwatch:
    """Times `network`; a fast one gets an untimed call before, since other networks fill the caches between turns."""

    def __init__(self, network: Callable[[], None]) -> None:
        self.network = network
        self.settle = False

    def __call__(self) -> float:
        if self.settle:
            self.network()
        started = time.perf_counter()
        self.network()
        seconds = time.perf_counter() - started
        self.settle = seconds < SETTLE_SECONDS
        return seconds


@dataclass
class Timing:
    """Result of one system at one size: seconds of each timed iteration, or the reason why there are none."""

    samples: list[float] = field(default_factory=list)
    failure: Exception | None = None

    def goes_on(self, seconds: float | None) -> bool:
        """Whether it takes part in the next round."""
        spent = seconds is not None and len(self.samples) >= LEAST_SAMPLES and sum(self.samples) >= seconds
        return not (self.failure or spent)


def take_turns(
    turns: Mapping[str, Turn],
    iterations: int,
    plan: BenchmarkPlan,
    description: str,
    done: dict[str, list[float]] | None = None,
    after_round: Callable[[dict[str, Timing]], None] = lambda timings: None,
) -> dict[str, Timing]:
    """Time every system `iterations` times after `plan.warm_ups` untimed ones.

    Each round gives every system one turn, in a random order fixed by `plan.seed`, so that drift affects all alike.
    A system that raises drops out with its exception; the others continue. `done` are the samples of an interrupted
    run, which resumes with its next round.
    """
    timings = {key: Timing() for key in turns}
    for key in _order(timings, iterations, plan, description, done or {}, after_round):
        time.sleep(PAUSE_SECONDS)  # worker threads of runtimes spin for a while after their turn; let them fall asleep
        try:
            timings[key].samples.append(turns[key]())
        except Exception as error:  # each runtime raises its own kinds; the others continue in any case
            timings[key].failure = error
    return timings


def _order(
    timings: dict[str, Timing],
    iterations: int,
    plan: BenchmarkPlan,
    description: str,
    done: Mapping[str, list[float]],
    after_round: Callable[[dict[str, Timing]], None],
) -> Iterator[str]:
    """Order of turns: first the warm-ups, system by system, whose samples are dropped, then the rounds."""
    for key, timing in timings.items():
        for _ in range(plan.warm_ups):
            if not timing.failure:
                yield key
        timing.samples = list(done.get(key, ()))
    first = max((len(timing.samples) for timing in timings.values()), default=0)
    for number in track(range(first, iterations), description, iterations - first):
        keys = [key for key, timing in timings.items() if timing.goes_on(plan.seconds)]
        if not keys:
            break
        yield from random.Random(f"{plan.seed} {number}").sample(keys, len(keys))
        after_round(timings)
