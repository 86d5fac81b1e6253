"""What else the machine does while it is timed: load by others, and the processor's frequency."""

import time
from collections.abc import Sequence
from typing import Any

import psutil

EVERY_SECONDS = 2.0  # the kernel counts time in hundredths of a second
BUSY_PERCENT = 10.0  # of all processor time, by others
DRIFT = 0.05  # of the frequency, from its median
SHARE = 0.05  # of the readings that may be bad: as much as the trimmed mean leaves out
Reading = dict[str, Any]


class Watch:
    """Takes "readings" of schema.json; this process and its children are not "others"."""

    def __init__(self, before: Sequence[Reading] = ()) -> None:
        self.readings = list(before)
        self.offset = self.readings[-1]["at_s"] if self.readings else 0.0
        self.started = self.looked = time.monotonic()
        self.seen = psutil.cpu_times(), _own()

    def look(self, at_once: bool = False) -> None:
        """Take a reading if the last one is old enough, or `at_once`."""
        now = time.monotonic()
        if now - self.looked < EVERY_SECONDS and not at_once:
            return
        (machine, own), (before, own_before) = (psutil.cpu_times(), _own()), self.seen
        total = sum(machine) - sum(before)
        busy = total - (_idle(machine) - _idle(before))
        mine = sum(seconds - own_before.get(pid, 0.0) for pid, seconds in own.items() if pid in own_before)
        reading = {"at_s": round(self.offset + now - self.started, 2)}
        if total > 0:
            reading["background_percent"] = round(100 * min(1.0, max(0.0, busy - mine) / total), 1)
        if mhz := _mhz():
            reading["mhz"] = mhz
        self.readings.append(reading)
        self.looked, self.seen = now, (machine, own)

    def skip(self) -> None:
        """Forget what was done since the last reading: processes that ended have taken their times with them."""
        self.looked, self.seen = time.monotonic(), (psutil.cpu_times(), _own())


def disturbed(readings: Sequence[Reading]) -> bool:
    """Whether others used the processor, or its frequency changed, in more than `SHARE` of `readings`."""
    frequencies = sorted(reading["mhz"] for reading in readings if "mhz" in reading)
    usual = frequencies[len(frequencies) // 2] if frequencies else 0.0
    bad = [
        reading
        for reading in readings
        if reading.get("background_percent", 0.0) > BUSY_PERCENT
        or abs(reading.get("mhz", usual) - usual) > DRIFT * usual
    ]
    return len(bad) > SHARE * len(readings)


def _idle(times: Any) -> float:
    return times.idle + getattr(times, "iowait", 0.0)


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
    except (OSError, RuntimeError, NotImplementedError):  # not told everywhere
        return None
    return round(frequency.current, 1) if frequency and frequency.current else None
