"""The one console: tables, and progress bars that become plain lines when output is no terminal."""

import logging
import os
import sys
import threading
import time
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TypeVar

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn
from rich.table import Table

# Of several processes that train together, the first one speaks.
console = Console(highlight=False, quiet=os.environ.get("RANK", "0") != "0")
Item = TypeVar("Item")
PLAIN_SECONDS, LONG = 20.0, 30.0  # seconds
_muting, _depth, _stderr = threading.Lock(), 0, -1  # how many are muting now, and where stderr went before
FEW = 2 * (os.cpu_count() or 1)  # items that tell how long all take: two rounds, where there is one on every core
if not console.is_terminal:
    console.width = 200  # a log has no edge at which tables would be cut


def hush() -> None:
    """Silence the start-up chatter of the big libraries; call before importing them."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")
    warnings.filterwarnings("ignore")
    for name in ("coremltools", "tensorflow", "absl", "torch.onnx"):
        logging.getLogger(name).setLevel(logging.ERROR)


@contextmanager
def muted() -> Iterator[None]:
    """Drop output to stderr meanwhile, from C++ too; exceptions pass as ever. Threads may overlap in it."""
    global _depth, _stderr
    with _muting:
        _depth += 1
        if _depth == 1:
            _stderr = _divert_stderr()
    try:
        yield
    finally:
        with _muting:
            _depth -= 1
            if _depth == 0:
                sys.stderr.flush()
                os.dup2(_stderr, 2)
                os.close(_stderr)


def _divert_stderr() -> int:
    """Point stderr at nothing; a descriptor of where it went before."""
    sys.stderr.flush()
    kept, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    os.close(nowhere)
    return kept


def say(line: str) -> None:
    """Print one line, unwrapped and without markup."""
    console.print(line, markup=False, soft_wrap=True)


@contextmanager
def progress(description: str, total: float, before: float = 0.0) -> Iterator[Callable[[float, str], None]]:
    """A progress bar with the time left; yields `update(done, note)`. Off a terminal, a plain line every 20 seconds.

    `before`: the items of a resumed run done already; they took none of this run's time.
    """
    if not console.is_terminal:
        yield _plain_lines(description, total, before)
        return
    with Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[note]}"),
        console=console,
        transient=True,
    ) as bar:
        task = bar.add_task(description, total=total, note="")
        bar.update(task, completed=before)
        yield lambda done, note: bar.update(task, completed=done, note=note)


def _plain_lines(description: str, total: float, before: float) -> Callable[[float, str], None]:
    started = said = time.monotonic()

    def update(done: float, note: str) -> None:
        nonlocal said
        now = time.monotonic()
        if now - said > PLAIN_SECONDS and done > before:
            left = (now - started) / (done - before) * (total - done)
            say(f"{description}: {done / total:.0%}, {left:.0f} s left {note}")
            said = now

    return update


def track(items: Iterable[Item], description: str, total: int) -> Iterator[Item]:
    """Yield `items` under a progress bar. A duration above `LONG` is predicted in a line after the first few."""
    started = time.monotonic()
    with progress(description, total) as update:
        for done, item in enumerate(items, start=1):
            yield item
            update(done, "")
            if done == FEW < total and (whole := (time.monotonic() - started) / done * total) > LONG:
                say(f"{description}: all {total} will take about {whole / 60:.1f} minutes")


def table(title: str, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print a table; the first column is left-aligned, the others right-aligned; whole if output is no terminal."""
    grid = Table(title=title, title_justify="left")
    for index, column in enumerate(columns):
        grid.add_column(column, justify="left" if index == 0 else "right")
    for row in rows:
        grid.add_row(*row)
    console.print(grid, markup=False)
