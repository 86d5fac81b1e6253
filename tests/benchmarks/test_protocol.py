"""The paper's arithmetic on samples whose answer is known, and the order of turns."""

import time
from collections.abc import Callable

import pytest

from benchmarks.protocol import Plan, take_turns
from pix2phone.errors import UserError


def turns(plan: Plan, seconds: dict[str, float]) -> list[str]:
    """In which order networks that take `seconds` were called after their warm-ups."""
    called: list[str] = []

    def network(key: str) -> Callable[[], None]:
        def run() -> None:
            called.append(key)
            time.sleep(seconds[key])

        return run

    take_turns({key: network(key) for key in seconds}, plan.iterations, plan, "test")
    return called[len(seconds) * plan.warm_ups :]


def test_each_round_has_every_network_once_in_an_order_the_seed_fixes() -> None:
    seconds = dict.fromkeys("abcd", 0.11)  # slow enough to need no settling turn
    order = turns(Plan(iterations=4, warm_ups=1, seed=3), seconds)
    rounds = [order[index : index + 4] for index in range(0, 16, 4)]
    assert all(sorted(one) == list("abcd") for one in rounds)
    assert len({tuple(one) for one in rounds}) > 1
    assert order == turns(Plan(iterations=4, warm_ups=1, seed=3), seconds)


def test_a_fast_network_gets_an_untimed_turn_before_each_timed_one() -> None:
    assert turns(Plan(iterations=3, warm_ups=1), {"fast": 0.0}) == ["fast"] * 6


def test_a_row_stops_once_its_time_is_spent_and_the_others_go_on() -> None:
    networks = {"slow": lambda: time.sleep(0.12), "fast": lambda: time.sleep(0.001)}
    timings = take_turns(networks, 12, Plan(iterations=12, warm_ups=1, seconds=0.3), "test")
    assert len(timings["slow"].samples) == 3
    assert len(timings["fast"].samples) == 12
    assert all(0.12 <= sample < 0.2 for sample in timings["slow"].samples)


def test_a_network_that_raises_drops_out_with_its_reason() -> None:
    def broken() -> None:
        raise RuntimeError("no such kernel\nand a long tale")

    timings = take_turns({"broken": broken, "sound": lambda: None}, 3, Plan(iterations=3), "test")
    assert timings["broken"].failure == "no such kernel"
    assert not timings["broken"].samples
    assert len(timings["sound"].samples) == 3


@pytest.mark.parametrize(
    ("flag", "settings"),
    [
        ("--iterations: 0", {"iterations": 0}),
        ("--sizes: 0", {"sizes": (256, 0)}),
        ("--sizes: 9000", {"sizes": (9000,)}),
        ("--threads: 0", {"threads": 0}),
    ],
)
def test_a_plan_names_the_flag_that_is_wrong(flag: str, settings: dict) -> None:
    with pytest.raises(UserError, match=flag):
        Plan(**settings)


def test_a_gpu_gets_ten_times_the_iterations() -> None:
    assert (Plan().iterations_on("cpu"), Plan().iterations_on("cuda")) == (1000, 10_000)
