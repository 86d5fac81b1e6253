"""The two ways a command can end badly, and the one place that turns them into exit codes."""

import argparse
import sys
from collections.abc import Callable
from typing import NoReturn


class UserError(Exception):
    """Wrong use or bad input: one line naming the file or flag, the value and the remedy. Exit code 2."""


class CheckFailed(Exception):
    """A check (quality, parity) did not pass: one line saying which and by how much. Exit code 1."""


class OneLineParser(argparse.ArgumentParser):
    """A parser whose complaints are UserErrors, one line like all others, without the whole usage above them."""

    def error(self, message: str) -> NoReturn:
        raise UserError(f"{message.removeprefix('argument ')}; see {self.prog} --help")


def run_command(main: Callable[[], None]) -> None:
    """Call a command's `main` and exit: 0 done, 1 a check failed, 2 wrong use or bad input, 130 interrupted."""
    try:
        main()
    except CheckFailed as failure:
        sys.exit(_say(f"failed: {failure}", 1))
    except UserError as error:
        sys.exit(_say(f"error: {error}", 2))
    except OSError as error:
        if error.filename is None and error.errno is None:
            raise
        where = f"{error.filename}: " if error.filename else ""
        sys.exit(_say(f"error: {where}{error.strerror}; free the place or name another with --out", 2))
    except (KeyboardInterrupt, ImportError) as end:
        if not is_interrupt(end):
            raise
        sys.exit(_say("interrupted: finished artefacts are kept, nothing half-written is left", 130))


def is_interrupt(error: BaseException) -> bool:
    """Whether it is Ctrl-C, also in the middle of importing compiled code, which makes an ImportError of it."""
    return isinstance(error, KeyboardInterrupt) or isinstance(error.__cause__, KeyboardInterrupt)


def _say(line: str, code: int) -> int:
    print(line, file=sys.stderr)
    return code
