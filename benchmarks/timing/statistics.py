"""Statistics of timed samples: the paper's trimmed mean, and others that describe the spread."""

from collections.abc import Sequence

import numpy as np

from benchmarks.records.row import Statistics
from benchmarks.systems.paper import TRIM_PERCENT

CONFIDENCE_PERCENT = 95.0
RESAMPLES = 2000
DIGITS = 5
CHUNK = 2_000_000  # numbers drawn at once, so that 10,000 samples fit into memory


def dropped(count: int, trim_percent: float = TRIM_PERCENT) -> int:
    """Number of samples, out of `count`, left out at each end: 5 %, rounded down, so none of 19."""
    return int(count * trim_percent / 100)


def trimmed_mean(samples: Sequence[float] | np.ndarray, trim_percent: float = TRIM_PERCENT) -> float:
    """Mean without the fastest and the slowest `trim_percent` (`dropped` at each end).

    ValueError without finite samples.
    """
    return float(_trimmed_means(_finite(samples)[None], trim_percent)[0])


def summary(samples: Sequence[float], trim_percent: float = TRIM_PERCENT) -> Statistics:
    """All statistics of `samples`, milliseconds. ValueError without finite samples."""
    ends = [round(end, DIGITS) for end in interval(resampled(samples, trim_percent))]
    return Statistics(**figures(samples, trim_percent), interval_95=ends)


def figures(samples: Sequence[float], trim_percent: float = TRIM_PERCENT) -> dict[str, float]:
    """The statistics that need no bootstrap."""
    values = _finite(samples)
    p25, median, p75, p90, p99 = np.percentile(values, [25, 50, 75, 90, 99]).tolist()
    found = {"trimmed_mean": trimmed_mean(values, trim_percent), "median": median, "p90": p90, "p99": p99}
    return {name: round(value, DIGITS) for name, value in (found | {"iqr": p75 - p25}).items()}


def resampled(
    samples: Sequence[float] | np.ndarray, trim_percent: float = TRIM_PERCENT, block: int = 1, seed: int = 0
) -> np.ndarray:
    """Trimmed means of `RESAMPLES` bootstrap resamples (Efron 1979), for confidence intervals.

    `block` neighbours are drawn together (Künsch 1989), for autocorrelated samples.
    """
    values = _finite(samples)
    block = min(block, len(values))
    blocks = -(-len(values) // block)
    random = np.random.default_rng(seed)
    means = []
    for done in range(0, RESAMPLES, step := max(1, CHUNK // len(values))):
        starts = random.integers(0, len(values), (min(step, RESAMPLES - done), blocks, 1))
        places = (starts + np.arange(block)) % len(values)  # the last block wraps around
        drawn = values[places.reshape(len(places), -1)[:, : len(values)]]
        means.append(_trimmed_means(drawn, trim_percent))
    return np.concatenate(means)


def interval(values: np.ndarray, confidence_percent: float = CONFIDENCE_PERCENT) -> tuple[float, float]:
    """Ends of the middle `confidence_percent` of bootstrapped `values`."""
    low, high = np.percentile(values, [50 - confidence_percent / 2, 50 + confidence_percent / 2]).tolist()
    return low, high


def _trimmed_means(rows: np.ndarray, trim_percent: float) -> np.ndarray:
    """Trimmed means of R x N samples, one for each row."""
    ends = dropped(rows.shape[1], trim_percent)
    return np.sort(rows, axis=1)[:, ends : rows.shape[1] - ends].mean(axis=1)


def _finite(samples: Sequence[float] | np.ndarray) -> np.ndarray:
    values = np.asarray(samples, dtype=np.float64)
    if values.size == 0 or not np.isfinite(values).all():
        raise ValueError("statistics need at least one sample, and finite ones")
    return values
