"""Continuous inference for minutes, which shows thermal throttling."""

import numpy as np
from PIL import Image, ImageOps

from benchmarks.records.row import CurvePoint, Row
from benchmarks.systems.system import System
from benchmarks.timing.protocol import BenchmarkPlan
from benchmarks.timing.stage import mark
from benchmarks.timing.worker import Child
from pix2phone.console import say

TENTH = 0.1  # of the curve, at each end
SLOWER = 1.1  # than its first tenth: throttled


def add_curve(systems: list[System], rows: list[Row], plan: BenchmarkPlan, photo: np.ndarray) -> None:
    """Add the curve of `plan.sustained` seconds to one row: the fastest made one at 512 px or the largest size."""
    size = 512 if 512 in plan.sizes else max(plan.sizes)
    made = [row for row in rows if row.group in ("made", "added") and row.status == "measured"]
    timed = [row for row in made if row.size.width == size]
    if not timed:
        say("sustained: not run (nothing that was made could be timed)")
        return
    row = min(timed, key=lambda row: row.mean_ms)
    system = next(system for system in systems if system.key == row.system)
    say(f"running {system.key} without a pause for {plan.sustained:g} s")
    child = Child(system)
    try:
        child.open()
        child.ask("first", np.array(ImageOps.fit(Image.fromarray(photo), (size, size), Image.Resampling.LANCZOS)))
        child.patience = plan.sustained + child.patience
        row.sustained = [CurvePoint(**point) for point in child.ask("sustain", plan.sustained)]
        row.throttled = throttled(row.sustained)
    except Exception as error:  # each runtime raises its own kinds
        mark(row, error)
    finally:
        child.close()


def throttled(curve: list[CurvePoint]) -> bool:
    """Whether the last tenth of the curve is over 10 % slower than its first."""
    if not curve:
        return False
    count = max(1, int(len(curve) * TENTH))
    first, last = (np.median([point.median_ms for point in part]) for part in (curve[:count], curve[-count:]))
    return bool(last > SLOWER * first)
