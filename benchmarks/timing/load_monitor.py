"""Conditions during timing: load by other processes, and the processor's frequency."""

import time
from collections.abc import Sequence
from typing import NamedTuple

import psutil

from benchmarks.records.row import Reading

EVERY_SECONDS = 2.0  # the kernel counts time in hundredths of a second
BUSY_PERCENT = 10.0  # of all processor time, by others
DRIFT = 0.05  # of the frequency, from its median
SHARE = 0.05  # of the readings that may be disturbed: as many as the trimmed mean leaves out


class Times(NamedTuple):
    """Seconds of processor time so far: total, busy, and of each own process by its id."""

    total: float
    busy: float
    own: dict[int, float]


def background(before: Times, after: Times) -> float | None:
    """Per cent of processor time used by other processes between the two; None if no time has passed.

    A process missing at the beginning or at the end counts as another's.
    """
    total = after.total - before.total
    if total <= 0:
        return None
    own = sum(seconds - before.own[process] for process, seconds in after.own.items() if process in before.own)
    return 100 * min(1.0, max(0.0, after.busy - before.busy - own) / total)


class LoadMonitor:
    """Takes readings; this process and its children are not "others"."""

    def __init__(self, before: Sequence[Reading] = ()) -> None:
        self.readings = list(before)
        self.offset = self.readings[-1].at_s if self.readings else 0.0
        self.started = time.monotonic()
        self.skip()

    def look(self, at_once: bool = False) -> None:
        """Take a reading if the last one is old enough, or `at_once`."""
        now = time.monotonic()
        if now - self.looked < EVERY_SECONDS and not at_once:
            return
        share, mhz = background(self.times, _times()), _mhz()
        reading = Reading(at_s=round(self.offset + now - self.started, 2))
        reading.background_percent, reading.mhz = None if share is None else round(share, 1), mhz
        self.readings.append(reading)
        self.skip()

    def disturbed_since(self, began: int) -> bool:
        """Whether readings from index `began` on show a disturbance; the last one is taken now.

        At once only if there is none: differences over a few ms are dominated by the kernel's resolution of 0.01 s.
        """
        self.look(at_once=len(self.readings) == began)
        return disturbed(self.readings[began:])

    def skip(self) -> None:
        """Exclude the time since the last reading."""
        self.looked, self.times = time.monotonic(), _times()


def disturbed(readings: Sequence[Reading]) -> bool:
    """Whether load by others or a change of frequency appears in more than `SHARE` of `readings`."""
    frequencies = sorted(reading.mhz for reading in readings if reading.mhz)
    usual = frequencies[len(frequencies) // 2] if frequencies else 0.0
    bad = [
        reading
        for reading in readings
        if (reading.background_percent or 0.0) > BUSY_PERCENT or abs((reading.mhz or usual) - usual) > DRIFT * usual
    ]
    return len(bad) > SHARE * len(readings)


def _times() -> Times:
    machine = psutil.cpu_times()
    total = sum(machine)
    return Times(total, total - machine.idle - getattr(machine, "iowait", 0.0), _own())


def _own() -> dict[int, float]:
    """Seconds of processor time of this process and of each living child, by process id."""
    found = {}
    here = psutil.Process()
    for process in (here, *here.children(recursive=True)):
        try:
            times = process.cpu_times()
        except psutil.NoSuchProcess:
            continue
        found[process.pid] = times.user + times.system
    return found


def _mhz() -> float | None:
    try:
        frequency = psutil.cpu_freq()
    except (OSError, RuntimeError, NotImplementedError):  # not available everywhere
        return None
    return round(frequency.current, 1) if frequency and frequency.current else None
