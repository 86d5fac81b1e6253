"""The order of turns, the watch for one of them, and plans that check themselves."""

import time
from collections.abc import Callable

import pytest

from benchmarks.timing.protocol import BenchmarkPlan, Stopwatch, take_turns
from pix2phone.errors import UserError


def turns(plan: BenchmarkPlan, names: str, done: dict[str, list[float]] | None = None) -> list[str]:
    """In which order systems were called after their warm-ups."""
    called: list[str] = []

    def turn(key: str) -> Callable[[], float]:
        return lambda: called.append(key) or 0.2  # type: ignore[func-returns-value]

    take_turns({key: turn(key) for key in names}, plan.iterations[0], plan, "test", done)
    return called[len(names) * plan.warm_ups :]


def test_each_round_has_every_system_once_in_an_order_the_seed_fixes() -> None:
    order = turns(BenchmarkPlan(iterations=(4,), warm_ups=1, seed=3), "abcd")
    rounds = [order[index : index + 4] for index in range(0, 16, 4)]
    assert all(sorted(one) == list("abcd") for one in rounds)
    assert len({tuple(one) for one in rounds}) > 1
    assert order == turns(BenchmarkPlan(iterations=(4,), warm_ups=1, seed=3), "abcd")
    assert order != turns(BenchmarkPlan(iterations=(4,), warm_ups=1, seed=4), "abcd")


def test_an_interrupted_run_goes_on_with_the_round_that_was_next() -> None:
    plan = BenchmarkPlan(iterations=(4,), warm_ups=1)
    whole = turns(plan, "abcd")
    assert turns(plan, "abcd", {key: [0.2, 0.2, 0.2] for key in "abcd"}) == whole[12:]


def test_a_fast_network_gets_an_untimed_call_before_each_timed_one() -> None:
    called: list[int] = []
    watch = Stopwatch(lambda: called.append(1))
    for _ in range(4):  # the first shows that it is fast
        watch()
    assert len(called) == 1 + 3 * 2
    slow = Stopwatch(lambda: time.sleep(0.11))
    assert min(slow() for _ in range(2)) >= 0.11 and not slow.settle


def test_a_row_stops_once_its_time_is_spent_and_the_others_go_on() -> None:
    timings = take_turns({"slow": lambda: 0.12, "fast": lambda: 0.001}, 12, BenchmarkPlan(seconds=0.3), "test")
    assert (len(timings["slow"].samples), len(timings["fast"].samples)) == (3, 12)


def test_a_system_that_raises_drops_out_with_its_error() -> None:
    def broken() -> float:
        raise RuntimeError("no such kernel")

    seen: list[int] = []
    plan = BenchmarkPlan(iterations=(3,))
    timings = take_turns(
        {"broken": broken, "sound": lambda: 0.1}, 3, plan, "test", after_round=lambda now: seen.append(len(now))
    )
    assert str(timings["broken"].failure) == "no such kernel" and not timings["broken"].samples
    assert len(timings["sound"].samples) == len(seen) == 3


@pytest.mark.parametrize(
    ("flag", "settings"),
    [
        ("--iterations: 0", {"iterations": (0,)}),
        ("--iterations: 9 8", {"iterations": (9, 8)}),
        ("--sizes: 0", {"sizes": (256, 0)}),
        ("--sizes: 9000", {"sizes": (9000,)}),
        ("--threads: 0", {"threads": 0}),
        ("--trim: 50", {"trim_percent": 50.0}),
        ("--trim: -1", {"trim_percent": -1.0}),
        ("--trim: nan", {"trim_percent": float("nan")}),
        ("--sustained: -1", {"sustained": -1.0}),
    ],
)
def test_a_plan_names_the_flag_that_is_wrong(flag: str, settings: dict) -> None:
    with pytest.raises(UserError, match=flag):
        BenchmarkPlan(**settings)


def test_iterations_are_those_of_the_size_and_a_gpu_gets_ten_times_as_many() -> None:
    assert (BenchmarkPlan().iterations_at(512), BenchmarkPlan().iterations_at(512, on_gpu=True)) == (1000, 10_000)
    plan = BenchmarkPlan(iterations=(1000, 100, 20))
    assert [plan.iterations_at(size) for size in plan.sizes] == [1000, 100, 20]
