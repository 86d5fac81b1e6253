"""A network opened once in every thread, so that as many pictures are painted at once as there are cores."""

import threading
from collections.abc import Callable

import numpy as np

from pix2phone.runtimes.session import Session


class PerThread(Session):
    """The session that `opener(threads)` gives: opened again in every further thread that uses it, there on one core.

    Between layers, one picture on all cores leaves most of them idle; and a session holds one picture at a time.
    """

    def __init__(self, opener: Callable[[int | None], Session]) -> None:
        self.opener, self.opened = opener, threading.local()
        self.opened.session = first = opener(None)
        self.inputs, self.outputs, self.wanted = first.inputs, first.outputs, first.wanted

    @property
    def own(self) -> Session:
        """The session of the calling thread."""
        if not hasattr(self.opened, "session"):
            self.opened.session = self.opener(1)
        return self.opened.session

    def feed(self, values: dict[str, np.ndarray]) -> None:
        self.own.wanted = self.wanted
        self.own.feed(values)

    def run(self) -> None:
        self.own.run()

    def read(self, name: str) -> np.ndarray:
        return self.own.read(name)

    def span(self, name: str) -> tuple[float, float] | None:
        return self.own.span(name)
