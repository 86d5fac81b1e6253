"""Work on many files at once, naming every bad one in a line of its own before anything depends on them."""

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from pix2phone.console import say, track
from pix2phone.errors import UserError

SMALLEST = 16  # pixels a side: the scores need a window of eleven
Item = TypeVar("Item")
Result = TypeVar("Result")


def large_enough(path: Path, picture: np.ndarray) -> np.ndarray:
    """The H x W x 3 `picture` of `path` itself. UserError when a side is below `SMALLEST` pixels."""
    height, width = picture.shape[:2]
    if min(height, width) < SMALLEST:
        raise UserError(f"{path}: {width}x{height}: too small; pictures need {SMALLEST} pixels a side")
    return picture


def gather(
    items: Sequence[Item],
    work: Callable[[Item], Result],
    description: str,
    skip_bad: bool,
    problems: Sequence[str] = (),
    kept: Callable[[Item], Result | None] = lambda item: None,
) -> list[Result]:
    """`work` on every item, in order, on all cores, under a progress bar.

    `kept` gives an earlier run's result, or None; the bar and the time it tells are those of the others.
    Items whose work raises UserError are named in one line each, after the `problems` known already of further ones.
    Then the whole stops with a UserError, or goes on without them when `skip_bad`.
    """

    def attempt(task: Callable[[Item], Any], item: Item) -> Any:
        try:
            return task(item)
        except UserError as error:
            return error

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        outcomes = list(pool.map(partial(attempt, kept), items))
        waiting = [item for item, outcome in zip(items, outcomes, strict=True) if outcome is None]
        fresh = iter(list(track(pool.map(partial(attempt, work), waiting), description, total=len(waiting))))
        outcomes = [next(fresh) if outcome is None else outcome for outcome in outcomes]
    bad = [*problems, *(str(outcome) for outcome in outcomes if isinstance(outcome, UserError))]
    for line in bad:
        say(f"bad: {line}")
    share = f"{len(bad)} of {len(items) + len(problems)}"
    if bad and not skip_bad:
        raise UserError(f"{description}: {share} bad, named above; mend them or go on with --skip-bad")
    if bad:
        say(f"{description}: --skip-bad: going on without {share}")
    return [outcome for outcome in outcomes if not isinstance(outcome, UserError)]
