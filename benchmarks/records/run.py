"""The record of one run, as this host, the web page and both phone apps write it; benchmarks/schema.json says it too.

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
PHOTO = "photo"  # the system that leaves the photo as it is


class Hardware(RecordModel):
    """The processor, or the device whose it is."""

    model_config = ConfigDict(json_schema_extra={"anyOf": [{"required": ["device"]}, {"required": ["cpu"]}]})

    device: Text | None = None
    """The maker's name of a phone: Pixel 9, iPhone17,1."""
    cpu: Text | None = None
    instructions: list[Text] | None = None
    """Sets that it has, by Linux's names in /proc/cpuinfo: avx2, avx512_vnni, asimddp, i8mm; simd128 of a browser's
    WebAssembly."""
    dot_products: bool | None = None
    """Whether one instruction multiplies bytes and adds them up; left out where that is not known."""
    cores: Count | None = None
    memory_bytes: Count | None = None
    gpu: Text | None = None

    @model_validator(mode="after")
    def _named(self) -> "Hardware":
        if not (self.device or self.cpu):
            raise ValueError("needs device or cpu")
        return self


class OperatingSystem(RecordModel):
    """The system's own names."""

    name: Text
    version: Text | None = None
    architecture: Text | None = None


class Machine(RecordModel):
    """What ran, without which a time means nothing."""

    hardware: Hardware
    os: OperatingSystem
    versions: dict[str, Text] = Field(min_length=1)
    """Of the app or pix2phone itself and of every runtime, by name."""


class Settings(RecordModel):
    """All that has to be the same for the run to be repeated."""

    sizes: list[PictureSize] = Field(min_length=1)
    iterations: list[Count] = Field(min_length=1)
    """Timed ones asked for, one number for each size."""
    gpu_factor: Count | None = None
    """How many times that many on a GPU."""
    trim_percent: float = Field(ge=0, lt=50)
    """Left out at each end, rounded down to whole samples."""
    warm_ups: int = Field(ge=0)
    threads: Count | None = None
    """Where a row does not say its own."""
    seconds: Positive | None = None
    """A row stops at a size once its timed iterations took that long."""
    pause_ms: Amount | None = None
    """Between two turns."""
    seed: int | None = None
    """Of the random order of turns."""
    sustained_seconds: Amount | None = None
    quick: bool | None = None
    picture: Text | None = None
    """Which one was painted."""


class NetworkFile(RecordModel):
    """A network that was a file."""

    bytes: Size
    sha256: str = Field(pattern="^[0-9a-f]{64}$")
    """Of a package, which is a folder: of its files' paths and bytes in the paths' order."""


class Published(RecordModel):
    """A network in the paper's own Table 2, seconds by size."""

    megabytes: Amount
    cpu: dict[str, Positive]
    cuda: dict[str, Positive]


class Stages(RecordModel):
    """What training, compression and conversion wrote beside their files."""

    curves: dict[str, list[dict[str, Any]]] | None = None
    parity: dict[str, Any] | None = None
    reference: dict[str, Any] | None = None


def _host(by: Any) -> Any:
    """`host` was called `desk` in runs made before the models."""
    return "host" if by == "desk" else by


class Run(Machine):
    """One benchmark run. What could not be had is left out."""

    format: Literal[2]
    by: Annotated[Literal["host", "web", "android", "ios"], BeforeValidator(_host)]
    made: str = Field(pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|\+00:00)$")
    """When it began, UTC."""
    settings: Settings
    files: dict[str, NetworkFile]
    """By name."""
    readings: list[Reading] | None = None
    """Of the machine during the run."""
    disturbed: bool | None = None
    """Whether load by others or a change of frequency marks any row."""
    rows: list[Row]
    fidelity: dict[str, Judged] | None = None
    """By system; the host alone judges it."""
    held_out: HeldOut | None = None
    estimates: Estimates | None = None
    profiles: list[Profile] | None = None
    paper: dict[str, Published] | None = None
    stages: Stages | None = None

    def contradictions(self) -> Iterator[tuple[int, str]]:
        """(index of the row, why) of what is well formed and yet cannot be, but for the statistics."""
        for number, row in enumerate(self.rows):
            if why := self._contradiction(row):
                yield number, why

    def _contradiction(self, row: Row) -> str:
        """Empty when all fits together."""
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
