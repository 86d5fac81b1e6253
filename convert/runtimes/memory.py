"""A picture that is too large for memory: told in a line, where the system would end the whole program."""

import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from pix2phone.errors import UserError

SAYS_SO = re.compile(r"alloc|memory|failed to reshape runtime", re.IGNORECASE)  # the last is XNNPACK's way


@contextmanager
def bounded(height: int, width: int) -> Iterator[None]:
    """Let a runtime take no more than the memory that is free now for a picture of that size.

    Where Linux finds out only when the memory is used that there is none, it kills; a limit makes a runtime's request
    for it fail. UserError when one does. Other systems refuse by themselves, or swap.
    """
    try:
        with _limited():
            yield
    except Exception as error:  # each runtime has its own
        if isinstance(error, UserError) or not (isinstance(error, MemoryError) or SAYS_SO.search(str(error))):
            raise
        what = f"picture of {height}x{width}: there is too little memory to paint it in one piece"
        raise UserError(f"{what}; shrink it, or close other programs") from None


@contextmanager
def _limited() -> Iterator[None]:
    import psutil

    used = getattr(psutil.Process().memory_info(), "data", None)  # only Linux tells
    if used is None:
        yield
        return
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_DATA)
    most = used + psutil.virtual_memory().available
    with suppress(ValueError):  # a lower hard limit is there already
        resource.setrlimit(resource.RLIMIT_DATA, (most if soft < 0 else min(soft, most), hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_DATA, (soft, hard))
