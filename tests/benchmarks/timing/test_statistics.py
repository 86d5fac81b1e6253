"""Statistics of samples whose answer is known."""

import math

import numpy as np
import pytest

from benchmarks.timing.statistics import RESAMPLES, dropped, interval, resampled, summary, trimmed_mean


@pytest.mark.parametrize(("count", "ends"), [(1, 0), (19, 0), (20, 1), (39, 1), (40, 2), (1000, 50), (10_000, 500)])
def test_five_per_cent_of_each_end_are_dropped_rounded_down(count: int, ends: int) -> None:
    assert dropped(count) == ends


def test_trimmed_mean_of_known_samples() -> None:
    assert trimmed_mean([3.0]) == 3.0
    assert trimmed_mean([0.0] + [2.0] * 18 + [1000.0]) == 2.0  # both outliers go
    assert trimmed_mean([0.0] + [2.0] * 17 + [1000.0]) == pytest.approx(1034 / 19)  # 19 samples: none goes
    assert trimmed_mean([40.0, *range(1, 40)]) == 20.5  # 1, 2, 39 and 40 go, whatever the order
    assert trimmed_mean([*range(1000)]) == pytest.approx(499.5)
    assert trimmed_mean([1.0] * 949 + [500.0] * 51) == pytest.approx((899 * 1.0 + 500.0) / 900)
    assert trimmed_mean([0.0, 5.0, 7.0, 100.0], trim_percent=25) == 6.0


@pytest.mark.parametrize("samples", [[], [1.0, math.nan], [1.0, math.inf]])
def test_no_statistics_without_finite_samples(samples: list[float]) -> None:
    for function in (trimmed_mean, summary, resampled):
        with pytest.raises(ValueError, match="finite"):
            function(samples)


def test_percentiles_of_known_samples() -> None:
    found = summary([float(value) for value in range(100, -1, -1)])  # 0 to 100: the percentile is the value
    assert (found.median, found.p90, found.p99, found.iqr) == (50, 90, 99, 50)
    assert found.trimmed_mean == 50
    assert summary([1.0, 2.0]).p90 == 1.9  # between two samples
    single = summary([4.0])
    assert single.plain() == {"trimmed_mean": 4, "median": 4, "p90": 4, "p99": 4, "iqr": 0, "interval_95": [4, 4]}


def test_the_interval_is_that_of_theory_for_normal_samples() -> None:
    samples = np.random.default_rng(1).normal(10, 2, 400)
    low, high = summary(samples.tolist(), trim_percent=0).interval_95 or (0, 0)
    error = 1.96 * samples.std() / 20  # of a plain mean
    assert (low, high) == pytest.approx((samples.mean() - error, samples.mean() + error), abs=0.03)


def test_the_interval_holds_the_truth_as_often_as_it_says() -> None:
    random = np.random.default_rng(2)
    hits = 0
    for _ in range(200):
        low, high = interval(resampled(random.exponential(1.0, 60), trim_percent=0))
        hits += low <= 1.0 <= high
    assert 0.88 <= hits / 200 <= 0.99


def test_blocks_make_the_interval_wider_for_samples_that_drift() -> None:
    random = np.random.default_rng(3)
    moods = np.repeat(random.normal(10, 1, 20), 20)  # the same mood for 20 samples on end
    widths = [np.ptp(interval(resampled(moods, block=block))) for block in (1, 20)]
    assert widths[1] > 3 * widths[0]


def test_many_samples_are_drawn_in_parts_and_all_are_drawn() -> None:
    means = resampled(np.random.default_rng(4).normal(5, 1, 10_000).tolist())
    assert means.shape == (RESAMPLES,)
    assert means.std() == pytest.approx(1 / 100, rel=0.15)
