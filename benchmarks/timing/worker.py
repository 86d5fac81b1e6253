"""Each system in its own process: a crash costs one row, and memory is measured per system."""

import contextlib
import multiprocessing
import signal
from importlib import import_module
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.systems.system import LIBRARIES, Crashed, Failed, System
from convert.runtimes.base import NotRun, Runtime
from pix2phone.errors import first_line

SILENCE_SECONDS = 600.0
ENDING_SECONDS = 5.0


class Child(Runtime):
    """A system's runtime in its child process; pictures are exchanged, weights and faults stay there.

    Any call raises NotRun, Failed with the error's first line, or Crashed. Call `close` at the end.
    """

    def __init__(self, system: System) -> None:
        context = multiprocessing.get_context("spawn")
        self.pipe, theirs = context.Pipe()
        self.process = context.Process(target=serve, args=(theirs, system), daemon=True)
        self.process.start()
        theirs.close()
        self.system, self.patience = system, SILENCE_SECONDS

    def ask(self, question: str, *words: Any) -> Any:
        """The result of the `Session` method `question`."""
        try:
            self.pipe.send((question, words))
            if not self.pipe.poll(self.patience):
                self.close()
                raise Crashed(f"its process said nothing for {self.patience:.0f} s")
            kind, answer = self.pipe.recv()
        except (EOFError, OSError):
            raise Crashed(self._last_words()) from None
        if kind == "not run":
            raise NotRun(Path(self.system.key), answer)
        if kind == "failed":
            raise Failed(answer)
        return answer

    def open(self) -> float | None:
        """Load the network; milliseconds taken, or None if there is nothing to load."""
        self.name, self.multiple, load_ms = self.ask("open")
        return load_ms

    def load(self, picture: np.ndarray) -> None:
        self.ask("load", picture)

    def invoke(self) -> None:
        self.ask("invoke")

    def raw(self) -> np.ndarray:
        return self.ask("raw")

    def __call__(self, picture: np.ndarray) -> np.ndarray:
        return self.ask("paint", picture)

    def close(self) -> None:
        """End the process unconditionally."""
        self.pipe.close()
        self.process.terminate()
        self.process.join(ENDING_SECONDS)
        if self.process.is_alive():
            self.process.kill()
            self.process.join()

    def _last_words(self) -> str:
        self.process.join(ENDING_SECONDS)
        code = self.process.exitcode
        if code is not None and code < 0:
            name = signal.Signals(-code).name
            return f"its process was ended by {name}{', perhaps for want of memory' if name == 'SIGKILL' else ''}"
        return f"its process ended with exit code {code}"


def serve(pipe: Connection, system: System) -> None:
    """The child's side: answer questions until the parent is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent receives it, and ends this process
    from benchmarks.timing.worker_session import Session
    from pix2phone.console import hush

    hush()
    with contextlib.suppress(ImportError):  # opening reports it better
        import_module(LIBRARIES[system.runtime])
    session = Session(system)
    with contextlib.suppress(EOFError, ConnectionError):  # it was killed, perhaps with an unread answer
        while True:
            question, words = pipe.recv()
            try:
                answer = "answer", getattr(session, question)(*words)
            except NotRun as error:
                answer = "not run", error.reason
            except Exception as error:  # each runtime has its own kinds
                answer = "failed", first_line(error)
            pipe.send(answer)
