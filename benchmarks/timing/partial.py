"""Measurements of an interrupted run, resumed by the same command."""

import hashlib
import json
import time
from pathlib import Path
from typing import Any

from benchmarks.records.row import Reading, Row
from pix2phone.artefacts import read_json, write_json
from pix2phone.console import say
from pix2phone.errors import UserError

NAME = "benchmarks.part.json"
EVERY_SECONDS = 30.0


class Partial:
    """The file `NAME` in `folder`; valid only for a run with the same `about`, plain JSON of everything that matters.

    Finished rows are kept by stage (a size on a kind of processor); for the current stage, each system's samples.
    """

    def __init__(self, folder: Path, about: Any) -> None:
        self.path = folder / NAME
        fingerprint = hashlib.sha256(json.dumps(about, sort_keys=True).encode()).hexdigest()
        self.state: dict[str, Any] = {"run": fingerprint, "rows": {}, "stage": "", "samples": {}, "readings": []}
        self.written = time.monotonic()
        found = _read(self.path)
        if found.get("run") == fingerprint:
            self.state = found
            say(f"going on with the run that was interrupted: {self.path}")
        elif found:
            say(f"{self.path}: of another run (other files, settings or versions); beginning anew")

    def rows(self, stage: str) -> list[Row] | None:
        """Rows of a finished stage."""
        found = self.state["rows"].get(stage)
        return found and [Row.model_validate(row) for row in found]

    def samples(self, stage: str) -> dict[str, list[float]]:
        """Seconds by system, if `stage` is the interrupted one."""
        return self.state["samples"] if self.state["stage"] == stage else {}

    def began(self, stage: str) -> int:
        """Index of the first reading of `stage`; for a new stage, the next one."""
        return self.state["began"] if self.state["stage"] == stage else len(self.state["readings"])

    @property
    def readings(self) -> list[Reading]:
        """Readings of the machine so far."""
        return [Reading.model_validate(reading) for reading in self.state["readings"]]

    def keep_samples(self, stage: str, samples: dict[str, list[float]], readings: list[Reading]) -> None:
        """Write them at intervals."""
        self.state |= {"began": self.began(stage), "stage": stage, "samples": samples}
        self.state["readings"] = [reading.plain() for reading in readings]
        if time.monotonic() - self.written > EVERY_SECONDS:
            self._write()

    def keep_rows(self, stage: str, rows: list[Row], readings: list[Reading]) -> None:
        """Write the rows of a finished stage."""
        self.state["rows"][stage] = [row.plain() for row in rows]
        self.state |= {"stage": "", "samples": {}, "readings": [reading.plain() for reading in readings]}
        self._write()

    def finish(self) -> None:
        """Remove the file; the run's own file replaces it."""
        self.path.unlink(missing_ok=True)

    def _write(self) -> None:
        write_json(self.path, self.state)
        self.written = time.monotonic()


def _read(path: Path) -> dict[str, Any]:
    try:
        return read_json(path) if path.exists() else {}
    except UserError:
        return {"run": ""}
