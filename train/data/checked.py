"""Work on many files at once, naming every bad one in a line of its own before anything depends on them."""

import os
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from pix2phone.console import say, track
from pix2phone.errors import UserError

Item = TypeVar("Item")
Result = TypeVar("Result")


def gather(
    items: Sequence[Item],
    work: Callable[[Item], Result],
    description: str,
    skip_bad: bool,
    problems: Iterable[str] = (),
) -> list[Result]:
    """`work` on every item, in order, on all cores, under a progress bar.

    Items whose work raises UserError are named in one line each, after the `problems` known already. Then the whole
    stops with a UserError, or goes on without them when `skip_bad`.
    """

    def attempt(item: Item) -> Result | UserError:
        try:
            return work(item)
        except UserError as error:
            return error

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        outcomes = list(track(pool.map(attempt, items), description, total=len(items)))
    bad = [*problems, *(str(outcome) for outcome in outcomes if isinstance(outcome, UserError))]
    for line in bad:
        say(f"bad: {line}")
    if bad and not skip_bad:
        raise UserError(f"{len(bad)} bad of {len(items)} in the data, named above; mend them or go on with --skip-bad")
    if bad:
        say(f"--skip-bad: going on without {len(bad)} of {len(items)}")
    return [outcome for outcome in outcomes if not isinstance(outcome, UserError)]
