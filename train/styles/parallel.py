"""A network opened once in every thread, so that as many pictures are painted at once as there are cores."""

import threading
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from train.styles.engines import Engine


def in_each_thread(runtime: Callable[..., Engine]) -> Callable[..., Engine]:
    """`runtime`, whose engine opens the file again in every further thread that uses it, there on one core.

    Between layers, one picture on all cores leaves most of them idle; and LiteRT holds one picture at a time.
    """

    def open_engine(path: Path, *more: Any, **settings: Any) -> Engine:
        opened = threading.local()
        opened.engine = first = runtime(path, *more, **settings)

        def own() -> Engine:
            if not hasattr(opened, "engine"):
                opened.engine = runtime(path, *more, **(settings | {"threads": 1}))
            return opened.engine

        return first._replace(
            feed=lambda image: own().feed(image),
            run=lambda fed: own().run(fed),
            result=lambda made: own().result(made),
            lock=nullcontext(),
        )

    return open_engine
