"""What the machine did meanwhile: readings, and which of them mark a run as disturbed."""

import subprocess
import sys
import time

import pytest

from benchmarks.records.row import Reading
from benchmarks.timing import load_monitor
from benchmarks.timing.load_monitor import LoadMonitor, Times, background, disturbed


def readings(*shares: float, mhz: float = 2000.0) -> list[Reading]:
    return [Reading(at_s=float(at), background_percent=share, mhz=mhz) for at, share in enumerate(shares)]


def test_more_load_by_others_than_trimming_takes_out_disturbs() -> None:
    assert not disturbed([])
    assert not disturbed(readings(*[3.0] * 39, 50.0))  # 1 of 40
    assert disturbed(readings(*[3.0] * 30, 50.0, 60.0))


def test_a_change_of_frequency_disturbs() -> None:
    assert not disturbed(readings(*[1.0] * 20) + readings(*[1.0] * 20, mhz=2050.0))
    assert disturbed(readings(*[1.0] * 20) + readings(*[1.0] * 5, mhz=1500.0))


def test_own_work_is_not_others() -> None:
    before = Times(total=100.0, busy=40.0, own={1: 10.0, 2: 5.0, 3: 1.0})
    quiet = Times(total=200.0, busy=100.0, own={1: 50.0, 2: 25.0})  # 60 s busy, all of them ours
    assert background(before, quiet) == 0
    assert background(before, quiet._replace(busy=125.0)) == 25
    assert background(before, quiet._replace(own={1: 50.0, 4: 20.0})) == 20  # a newcomer's time is not known as ours
    assert background(before, before) is None


def test_a_childs_work_is_ours_and_anothers_is_not() -> None:
    spin = "import time\nwhile time.process_time() < 0.5: pass\ntime.sleep(60)"
    child = subprocess.Popen([sys.executable, "-c", spin])
    own: dict[int, float] = {}
    until = time.monotonic() + 60
    while own.get(child.pid, 0.0) < 0.4 and time.monotonic() < until:
        own = load_monitor._own()
        time.sleep(0.05)
    child.kill()
    child.wait()
    assert own[child.pid] >= 0.4


def test_readings_are_not_taken_too_often() -> None:
    look = LoadMonitor(before=[Reading(at_s=100.0)])
    look.look()
    assert len(look.readings) == 1
    look.look(at_once=True)
    assert look.readings[-1].at_s >= 100.0


def test_the_end_of_a_size_adds_no_reading_of_a_moment_beside_others(monkeypatch: pytest.MonkeyPatch) -> None:
    look = LoadMonitor()
    look.readings += readings(0.0)
    monkeypatch.setattr(load_monitor, "background", lambda before, after: 100.0)
    assert not look.disturbed_since(0) and len(look.readings) == 1
    assert look.disturbed_since(1) and len(look.readings) == 2  # of a size with no other, even that counts
