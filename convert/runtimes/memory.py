"""Pictures too large for memory: a one-line error instead of a kill by the system."""

import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from pix2phone.errors import UserError

SAYS_SO = re.compile(r"alloc|memory|failed to reshape runtime", re.IGNORECASE)  # the last is XNNPACK's


@contextmanager
def bounded(height: int, width: int) -> Iterator[None]:
    """Limit a runtime's memory for a picture of that size to the memory that is free now.

    Linux kills a process when memory runs out during use; a limit makes the runtime's request
    fail instead. UserError when it does. Other systems refuse by themselves, or swap.
    """
    try:
        with _limited():
            yield
    except Exception as error:  # each runtime raises its own
        if isinstance(error, UserError) or not (isinstance(error, MemoryError) or SAYS_SO.search(str(error))):
            raise
        what = f"picture of {height}x{width}: there is too little memory to paint it in one piece"
        raise UserError(f"{what}; shrink it, or close other programs") from None


@contextmanager
def _limited() -> Iterator[None]:
    import psutil

    used = getattr(psutil.Process().memory_info(), "data", None)  # only Linux reports it
    if used is None:
        yield
        return
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_DATA)
    most = used + psutil.virtual_memory().available
    with suppress(ValueError):  # a lower hard limit exists already
        resource.setrlimit(resource.RLIMIT_DATA, (most if soft < 0 else min(soft, most), hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_DATA, (soft, hard))
