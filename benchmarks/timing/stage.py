"""One size: every system in its own child process, all timed in turn; one row each."""

import functools
from collections.abc import Callable

import numpy as np
from PIL import Image, ImageOps

from benchmarks.records.row import EndToEnd, Row
from benchmarks.systems.system import Crashed, System, size_in_bytes
from benchmarks.timing.load_monitor import LoadMonitor
from benchmarks.timing.partial import Partial
from benchmarks.timing.protocol import BenchmarkPlan, Timing, take_turns
from benchmarks.timing.statistics import summary
from benchmarks.timing.worker import Child
from convert.runtimes.base import NotRun
from pix2phone.console import say, track
from pix2phone.errors import first_line


class Stage:
    """All `systems` of one kind of processor at `size` x `size` pixels; `jpeg` is the photo as a file's bytes."""

    def __init__(self, systems: list[System], size: int, plan: BenchmarkPlan) -> None:
        self.size, self.plan = size, plan
        self.systems = {system.key: system for system in systems}
        self.rows = {system.key: new_row(system, size) for system in systems}
        self.children: dict[str, Child] = {}
        self.on_gpu = any(system.on_gpu for system in systems)
        self.name = f"{size} px{', GPU' if self.on_gpu else ''}"

    def run(self, photo: np.ndarray, jpeg: bytes, watch: LoadMonitor, partial: Partial) -> list[Row]:
        """Rows in the order of the systems, from `partial` if it has them.

        Systems to be judged stay open until `close`.
        """
        kept = partial.rows(self.name)
        if kept is not None:
            return kept
        fitted = ImageOps.fit(Image.fromarray(photo), (self.size, self.size), Image.Resampling.LANCZOS)
        try:
            self._open(np.array(fitted))
            began, after_round = partial.began(self.name), self._keeper(watch, partial)
            watch.skip()
            turns = {key: functools.partial(child.ask, "turn") for key, child in self.children.items()}
            count, done = self.plan.iterations_at(self.size, self.on_gpu), partial.samples(self.name)
            timings = take_turns(turns, count, self.plan, f"timing at {self.name}", done, after_round)
            self._write(timings, watch.disturbed_since(began))
            for key in track(list(self.children), f"end to end at {self.name}", len(self.children)):
                self._attempt(key, lambda key=key: self._finish(key, jpeg))  # type: ignore[misc]
        finally:
            self.close(judged=False)
        rows = list(self.rows.values())
        partial.keep_rows(self.name, rows, watch.readings)
        return rows

    def close(self, judged: bool = True) -> None:
        """End the processes; without `judged` only those of systems without judging."""
        for key in [key for key in self.children if judged or not self.systems[key].judged]:
            self.children.pop(key).close()

    def _open(self, picture: np.ndarray) -> None:
        """Open all systems available here: libraries in parallel, networks one after the other."""
        self.children = {key: Child(system) for key, system in self.systems.items() if not system.absent}
        for step in (self._load_libraries, self._load_network, functools.partial(self._run_first, picture)):
            for key in track(list(self.children), f"opening for {self.name}", len(self.children)):
                self._attempt(key, functools.partial(step, key))

    def _load_libraries(self, key: str) -> None:
        self.children[key].ask("ready")

    def _load_network(self, key: str) -> None:
        self.rows[key].load_ms = self.children[key].open()

    def _run_first(self, picture: np.ndarray, key: str) -> None:
        self.rows[key].first_ms = self.children[key].ask("first", picture)

    def _keeper(self, watch: LoadMonitor, partial: Partial) -> Callable[[dict[str, Timing]], None]:
        """What is done after each round: look at the machine, keep the samples."""

        def after_round(timings: dict[str, Timing]) -> None:
            watch.look()
            samples = {key: timing.samples for key, timing in timings.items() if not timing.failure}
            partial.keep_samples(self.name, samples, watch.readings)

        return after_round

    def _write(self, timings: dict[str, Timing], disturbed: bool) -> None:
        """Write the samples into the rows."""
        for key, timing in timings.items():
            if timing.failure:
                self._fail(key, timing.failure)
            else:
                row = self.rows[key]
                row.samples_ms = [round(seconds * 1000, 5) for seconds in timing.samples]
                row.statistics_ms = summary(row.samples_ms, self.plan.trim_percent)
                row.disturbed = disturbed

    def _finish(self, key: str, jpeg: bytes) -> None:
        """Measurements after the turns; memory first, since the later ones allocate more."""
        child, row = self.children[key], self.rows[key]
        row.peak_memory_bytes = child.ask("peak_memory")
        child.ask("check")
        whole = child.ask("end_to_end", jpeg, self.size)
        row.end_to_end_ms = EndToEnd(**whole) if whole else None
        for name, figure in child.ask("describe", self.size).items():
            setattr(row, name, figure)

    def _attempt(self, key: str, step: Callable[[], None]) -> None:
        try:
            step()
        except Exception as error:  # each runtime raises its own kinds; the others continue
            self._fail(key, error)

    def _fail(self, key: str, error: Exception) -> None:
        mark(self.rows[key], error)
        if child := self.children.pop(key, None):
            child.close()


def new_row(system: System, size: int) -> Row:
    """The fields of a row that are known before the run."""
    names = ("model", "group", "runtime", "precision", "backend", "threads")
    row = Row.model_validate(
        {"system": system.key, "size": {"width": size, "height": size}, "status": "measured"}
        | {name: getattr(system, name) for name in names}
    )
    row.weights = "trained" if system.path else "untrained"
    if system.path:
        row.file, row.bytes = system.path.name, size_in_bytes(system.path)
    if system.absent:
        row.status, row.reason = "not run", system.absent
    return row


FIGURES = ("samples_ms", "statistics_ms", "disturbed", "ratio", "end_to_end_ms", "sustained", "throttled")


def mark(row: Row, error: Exception) -> None:
    """Set the outcome in `row` and print it; drop its samples."""
    for figures in FIGURES:
        setattr(row, figures, None)
    row.status = "not run" if isinstance(error, NotRun) else "crashed" if isinstance(error, Crashed) else "failed"
    row.reason = error.reason if isinstance(error, NotRun) else first_line(error)
    say(f"{row.status}: {row.system} at {row.size.width} px: {row.reason}")
