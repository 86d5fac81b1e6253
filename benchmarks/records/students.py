"""The record of `python -m benchmarks.students`: where the named students stand. Its times are seconds."""

from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from benchmarks.records.base import Count, Percent, Positive, RecordModel, Size, Text
from benchmarks.records.quality import Stability, without_null
from benchmarks.records.run import Hardware, OperatingSystem

MeanAndError = Annotated[list[float], Field(min_length=2, max_length=2)]
Scores = dict[str, dict[str, float]]  # by photo and measure


class StudentsMachine(Hardware):
    """The processor, and how much of it others used."""

    busy_percent: list[Percent]
    """Before and after."""
    disturbed: bool


class Protocol(RecordModel):
    """How times were taken."""

    rounds: Count
    turns: Count
    """Of a student's file in each round; the paper's model has one."""
    threads: Count
    quick: bool


class Times(RecordModel):
    """Timed iterations at one size."""

    mean: Positive
    """The paper's trimmed mean."""
    ratio: Positive | None = None
    """How many times faster than the paper's model in eager torch."""
    dropped_each_end: Annotated[int, Field(ge=0)] | None = None
    samples: list[Positive] | None = None


class Timed(RecordModel):
    """A network as one file, or in torch."""

    bytes: Size | None = None
    file: Text | None = None
    times: dict[str, Times]
    """By size: 512x512, 1920x1080."""


class StudentFile(Timed):
    """A student's file of one precision, timed and judged."""

    scores: Scores | None = None
    means: dict[str, MeanAndError] | None = None
    """By measure: the mean over photos and its standard error."""


class Untrained(Timed):
    """The paper's model, or a peer, which is timed alone."""

    name: Text | None = None
    model: Text
    precision: Text | None = None
    failure: str
    """Empty if all went well."""


class Reference(RecordModel):
    """Scores of the trained U-Net on a student's photos, or why there are none."""

    scores: Scores | None = None
    means: dict[str, MeanAndError] | None = None
    not_run: Text | None = None


class Goal(RecordModel):
    """One cell of the table of goals."""

    nullable = ("met",)

    goal: Text
    figure: Text
    wanted: str
    met: bool | None = None
    """None: no goal, or not judged."""


StabilityOrNull = Annotated[Stability, BeforeValidator(without_null)]


class Seams(RecordModel):
    """How a student's int8 file paints in part, beside the targets, by photo and side."""

    period: Count
    photos: dict[str, dict[str, StabilityOrNull]]


class JudgedData(RecordModel):
    """The photos that a student was judged on."""

    data: Text
    photos: Count
    of: Count | None = None
    longest: Count | None = None


class StudentRecord(RecordModel):
    """One student."""

    name: Text
    sha256: Text | None = None
    """Of its checkpoint."""
    model: Text | None = None
    multiple: Count | None = None
    failure: str
    """Empty if all went well."""
    files: dict[str, StudentFile]
    """By precision."""
    data: JudgedData | None = None
    reference: Reference | None = None
    seams: Seams | None = None
    goals: list[Goal]


class StudentsRun(RecordModel):
    """One interleaved run of the students, the paper's model and two peers."""

    made: Text
    machine: StudentsMachine
    os: OperatingSystem | None = None
    versions: dict[str, Text] | None = None
    protocol: Protocol
    unet: Untrained
    students: list[StudentRecord]
    others: list[Untrained]
    recovered: Text | None = None
    """What a record lacks that was put together again from pages."""


def plain(content: Any) -> Any:
    """`content` with lists for tuples, as JSON has it."""
    if isinstance(content, dict):
        return {name: plain(entry) for name, entry in content.items()}
    return [plain(entry) for entry in content] if isinstance(content, list | tuple) else content
