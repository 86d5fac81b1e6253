"""python -m benchmarks.compare OLD.json NEW.json: slower and faster rows, with confidence intervals.

Both runs must come from the same kind of device. Exit code 1 when any row except the paper's network and the peers is
slower.
"""

import math
from dataclasses import dataclass
from pathlib import Path
from statistics import NormalDist

import numpy as np

from benchmarks.records.row import Row
from benchmarks.records.run import Hardware, Run
from benchmarks.timing.statistics import CONFIDENCE_PERCENT, resampled
from pix2phone.errors import CheckFailed, OneLineParser, UserError, run_command
from pix2phone.processor import describe, has_dot_products

MARGIN = 0.02  # smaller changes are ignored: two processes may differ by this much on the same file
SAME = 0.05  # two rows are equal if their difference is confidently smaller
UNCHANGED = ("paper", "peer")  # groups whose times depend only on the machine and its libraries
Key = tuple[str, int, int]


@dataclass(frozen=True)
class Change:
    """Ratio of new to old time of one row, with its interval, and the change of the machine itself."""

    key: Key
    ratio: float
    low: float
    high: float
    group: str

    @property
    def verdict(self) -> str:
        """slower, faster, equal, or unclear when the samples are too few or too scattered."""
        if self.low > 1 + MARGIN:
            return "slower"
        if self.high < 1 - MARGIN:
            return "faster"
        return "equal" if self.low > 1 - SAME and self.high < 1 + SAME else "unclear"


def compare(old: Run, new: Run) -> list[Change]:
    """The changes of all rows measured in both runs, with a joint confidence of `CONFIDENCE_PERCENT`.

    Each is the ratio of the rows' trimmed means, divided by the machine's change: the median ratio of the unchanged
    networks (`UNCHANGED`) at that size. The intervals are from a bootstrap over blocks of neighbouring samples, with
    the level of each row corrected for the number of rows (Bonferroni).
    UserError for runs that cannot be compared.
    """
    check_same_kind(old.hardware, new.hardware)
    rows = _rows(new)
    before = {key: row for key, row in _rows(old).items() if key in rows}
    if not before:
        raise UserError("--compare: no row was measured in both runs; compare runs of the same systems and sizes")
    logs = {key: _log_ratio(before[key], rows[key], old, new) for key in before}
    level = 1 - (1 - CONFIDENCE_PERCENT / 100) / len(before)
    deviations = NormalDist().inv_cdf((1 + level) / 2)
    changes = []
    for key in before:
        own = logs[key] - _machine(key, rows, logs)
        middle, spread = float(own.mean()), deviations * float(own.std())
        ratio, low, high = (math.exp(end) for end in (middle, middle - spread, middle + spread))
        changes.append(Change(key, ratio, low, high, rows[key].group))
    return changes


def check_same_kind(before: Hardware, now: Hardware) -> None:
    """UserError if only one of the two runs comes from hardware with 8-bit dot products.

    They speed up int8 files several times and float files not at all, so no common factor describes the machine.
    """
    old, new = before.plain(), now.plain()
    if {has_dot_products(old), has_dot_products(new)} == {True, False}:
        raise UserError(
            f"--compare: the old run is of {describe(old)}, the new one of {describe(new)}; "
            "compare runs of processors that both have 8-bit dot products, or both none"
        )


def _rows(run: Run) -> dict[Key, Row]:
    measured = [row for row in run.rows if row.status == "measured"]
    return {(row.system, row.size.width, row.size.height): row for row in measured}


def _log_ratio(before: Row, after: Row, old: Run, new: Run) -> np.ndarray:
    """Log ratios, new to old, of resampled trimmed means."""
    means = []
    for seed, (row, run) in enumerate(((before, old), (after, new))):
        block = max(1, round(math.sqrt(len(row.samples))))
        means.append(resampled(row.samples, run.settings.trim_percent, block, seed))
    return np.log(means[1]) - np.log(means[0])


def _machine(key: Key, rows: dict[Key, Row], logs: dict[Key, np.ndarray]) -> np.ndarray:
    """The machine's log ratio at the size of `key`, over all unchanged networks except `key`; 0 if there are none."""
    theirs = [
        values
        for other, values in logs.items()
        if other != key and other[1:] == key[1:] and rows[other].group in UNCHANGED
    ]
    return np.median(theirs, axis=0) if theirs else np.zeros(1)


def show(changes: list[Change], old: str) -> bool:
    """Print the table; True if any row except those of `UNCHANGED` is slower."""
    from pix2phone.console import table

    title = f"against {old}; all intervals hold together with {CONFIDENCE_PERCENT:g} % confidence"
    lines = [_line(change) for change in changes]
    table(title, ("system", "px", "time, new by old", "between", "verdict"), lines)
    return any(change.verdict == "slower" and change.group not in UNCHANGED for change in changes)


def _line(change: Change) -> tuple[str, ...]:
    system, width, height = change.key
    size = str(width) if width == height else f"{width}x{height}"
    percent, low, high = (f"{value - 1:+.1%}" for value in (change.ratio, change.low, change.high))
    return system, size, percent, f"{low} and {high}", change.verdict


def main() -> None:
    """Parse, read, compare, print."""
    parser = OneLineParser(prog="python -m benchmarks.compare", description=__doc__)
    parser.add_argument("old", type=Path, metavar="OLD.json")
    parser.add_argument("new", type=Path, metavar="NEW.json")
    args = parser.parse_args()
    from benchmarks.schema import read_run

    if show(compare(read_run(args.old), read_run(args.new)), str(args.old)):
        raise CheckFailed("slower than before; the table above says what")


if __name__ == "__main__":
    run_command(main)
