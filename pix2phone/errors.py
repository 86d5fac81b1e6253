"""The two ways a command can end badly, and the one place that turns them into exit codes."""

import argparse
import re
import shutil
import signal
import sys
from collections.abc import Callable
from types import FrameType
from typing import Any, NoReturn


class UserError(Exception):
    """Wrong use or bad input: one line naming the file or flag, the value and the remedy. Exit code 2."""


class CheckFailed(Exception):
    """A check (quality, parity) did not pass: one line saying which and by how much. Exit code 1."""


def first_line(error: Exception | str) -> str:
    """The first line of an error's message, or of a program's output; an error without one gives its type."""
    unsaid = "no reason given" if isinstance(error, str) else type(error).__name__
    return (str(error).strip().splitlines() or [unsaid])[0]


class OneLineParser(argparse.ArgumentParser):
    """A parser whose complaints are UserErrors, one line like all others, without the whole usage above them.

    A word that begins like a negative number, such as the range -1..1, is a flag's value and no flag.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._negative_number_matcher = re.compile(r"-\.?\d")

    def error(self, message: str) -> NoReturn:
        raise UserError(f"{message.removeprefix('argument ')}; see {self.prog} --help")


def run_command(main: Callable[[], None]) -> None:
    """Call a command's `main` and exit: 0 done, 1 a check failed, 2 wrong use or bad input, 130 interrupted."""
    interrupts: list[int] = []

    def interrupt(number: int, frame: FrameType | None) -> NoReturn:
        interrupts.append(number)
        raise KeyboardInterrupt

    before = signal.getsignal(signal.SIGINT)
    if before is signal.default_int_handler:
        signal.signal(signal.SIGINT, interrupt)
    try:
        main()
    except (Exception, KeyboardInterrupt) as end:
        # Compiled code makes other errors of Ctrl-C, in the middle of an import for one.
        if interrupts or isinstance(end, KeyboardInterrupt):
            sys.exit(_say("interrupted: finished artefacts are kept, nothing half-written is left", 130))
        sys.exit(_ending(end))
    finally:
        if before is signal.default_int_handler:
            signal.signal(signal.SIGINT, before)


def _ending(end: Exception) -> int:
    """Say in one line how a command ended; gives its exit code. A bug is raised again, with its traceback."""
    if isinstance(end, CheckFailed):
        return _say(f"failed: {end}", 1)
    if isinstance(end, UserError):
        return _say(f"error: {end}", 2)
    if isinstance(end, shutil.Error) and isinstance(end.args[0], list):
        _, target, why = end.args[0][0]  # a folder's copy lists each file that failed
        return _say(f"error: {target}: {str(why).split(': ')[0]}; free the place or name another with --out", 2)
    if isinstance(end, OSError) and (end.filename is not None or end.errno is not None):
        where = f"{end.filename}: " if end.filename else ""
        return _say(f"error: {where}{end.strerror}; free the place or name another with --out", 2)
    raise end


def _say(line: str, code: int) -> int:
    print(line, file=sys.stderr)
    return code
