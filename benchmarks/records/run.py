"""The record of one run, written by this host, the web page and both phone apps in the form of benchmarks/schema.json.

Times are milliseconds, sizes of files and memory bytes, shares per cent.
"""

from collections.abc import Iterator
from itertools import pairwise
from typing import Annotated, Any, Final, Literal

from pydantic import BeforeValidator, ConfigDict, Field, model_validator

from benchmarks.records.base import Amount, Count, PictureSize, Positive, RecordModel, Size, Text
from benchmarks.records.profile import Estimates, Profile
from benchmarks.records.quality import HeldOut, Judged
from benchmarks.records.row import Reading, Row

FORMAT: Final = 2
PHOTO = "photo"  # the unchanged photo, as a system


class Hardware(RecordModel):
    """The processor, and the device that contains it."""

    model_config = ConfigDict(json_schema_extra={"anyOf": [{"required": ["device"]}, {"required": ["cpu"]}]})

    device: Text | None = None
    """Model identifier of a phone: Pixel 9, iPhone17,1."""
    cpu: Text | None = None
    instructions: list[Text] | None = None
    """Supported instruction sets by Linux's names in /proc/cpuinfo: avx2, avx512_vnni, asimddp, i8mm; simd128 for a
    browser's WebAssembly."""
    dot_products: bool | None = None
    """Whether one instruction multiplies bytes and accumulates the products; left out if unknown."""
    cores: Count | None = None
    memory_bytes: Count | None = None
    gpu: Text | None = None

    @model_validator(mode="after")
    def _named(self) -> "Hardware":
        if not (self.device or self.cpu):
            raise ValueError("needs device or cpu")
        return self


class OperatingSystem(RecordModel):
    """Names as reported by the system."""

    name: Text
    version: Text | None = None
    architecture: Text | None = None


class Machine(RecordModel):
    """Hardware and software of the run."""

    hardware: Hardware
    os: OperatingSystem
    versions: dict[str, Text] = Field(min_length=1)
    """Versions of the app or pix2phone and of every runtime, by name."""


class Settings(RecordModel):
    """All settings needed to repeat the run."""

    sizes: list[PictureSize] = Field(min_length=1)
    iterations: list[Count] = Field(min_length=1)
    """Requested timed iterations, one number for each size."""
    gpu_factor: Count | None = None
    """Factor for the number of iterations on a GPU."""
    trim_percent: float = Field(ge=0, lt=50)
    """Share left out at each end, rounded down to whole samples."""
    warm_ups: int = Field(ge=0)
    threads: Count | None = None
    """Default for rows without their own value."""
    seconds: Positive | None = None
    """A row stops at a size after timed iterations of this total duration."""
    pause_ms: Amount | None = None
    """Pause between two turns."""
    seed: int | None = None
    """Seed of the random order of turns."""
    sustained_seconds: Amount | None = None
    quick: bool | None = None
    picture: Text | None = None
    """The painted photo."""


class NetworkFile(RecordModel):
    """A network's file."""

    bytes: Size
    sha256: str = Field(pattern="^[0-9a-f]{64}$")
    """For a package, which is a folder: digest of its files' paths and bytes in the paths' order."""


class Published(RecordModel):
    """A network in the paper's own Table 2, seconds by size."""

    megabytes: Amount
    cpu: dict[str, Positive]
    cuda: dict[str, Positive]


class Stages(RecordModel):
    """Reports of training, compression and conversion."""

    curves: dict[str, list[dict[str, Any]]] | None = None
    parity: dict[str, Any] | None = None
    reference: dict[str, Any] | None = None


def _host(by: Any) -> Any:
    """Older runs call `host` `desk`."""
    return "host" if by == "desk" else by


class Run(Machine):
    """One benchmark run. Unavailable values are left out."""

    format: Literal[2]
    by: Annotated[Literal["host", "web", "android", "ios"], BeforeValidator(_host)]
    made: str = Field(pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|\+00:00)$")
    """Start of the run, UTC."""
    settings: Settings
    files: dict[str, NetworkFile]
    """By name."""
    readings: list[Reading] | None = None
    """Readings of the machine during the run."""
    disturbed: bool | None = None
    """Whether any row is disturbed by load or a change of frequency."""
    rows: list[Row]
    fidelity: dict[str, Judged] | None = None
    """Fidelity by system; only the host computes it."""
    held_out: HeldOut | None = None
    estimates: Estimates | None = None
    profiles: list[Profile] | None = None
    paper: dict[str, Published] | None = None
    stages: Stages | None = None

    def contradictions(self) -> Iterator[tuple[int, str]]:
        """(index of the row, reason) of well-formed but impossible values, except for the statistics."""
        for number, row in enumerate(self.rows):
            if why := self._contradiction(row):
                yield number, why

    def _contradiction(self, row: Row) -> str:
        """The contradiction in a row; empty without one."""
        measured = row.status == "measured"
        figures = {"samples_ms": row.samples_ms, "statistics_ms": row.statistics_ms} if measured else {}
        wanted = figures if measured else {"reason": row.reason}
        unwanted = {"reason": row.reason} if measured else {"samples_ms": row.samples_ms}
        if missing := [name for name, value in wanted.items() if value is None]:
            return f"{missing[0]} is missing of a row that is {row.status!r}"
        if found := [name for name, value in unwanted.items() if value is not None]:
            return f"{found[0]} does not go with {row.status!r}"
        if row.file is not None and row.file not in self.files:
            return f"file {row.file!r} is not among $.files"
        if any(second.at_s <= first.at_s for first, second in pairwise(row.sustained or [])):
            return "the times of its sustained curve do not grow"
        return ""
