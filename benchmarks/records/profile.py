"""Records of where the milliseconds go, and of what phones might make of the same work."""

from typing import Annotated

from pydantic import AliasChoices, Field

from benchmarks.records.base import Amount, Count, PictureSize, Positive, RecordModel, Size, Text


class LayerTime(RecordModel):
    """One layer; `ms` may be a little below 0, since it is a difference."""

    name: Text
    kind: Text
    shape: list[int]
    macs: Size
    bytes: Size
    ms: float


class LayerTimes(RecordModel):
    """The layers in the network's order, and how they were timed."""

    method: Text
    size: PictureSize
    total_ms: Amount
    layers: list[LayerTime]


class Profile(LayerTimes):
    """Where the milliseconds of a system go, by layer."""

    system: Text
    label: Text


class Roofs(RecordModel):
    """Peaks of a processor: thousand millions of multiply-accumulates a second by arithmetic, and of bytes."""

    gmacs: dict[str, Positive]
    gbytes: Positive


class Source(RecordModel):
    """Where a published figure stands."""

    kind: Text
    says: Text
    url: Text


class PhoneTime(RecordModel):
    """Milliseconds: the roofline, and the same scaled by how far this host is from its own."""

    roofline: Amount
    scaled: Amount


class Chip(Roofs):
    """A phone's chip by published figures."""

    name: Text
    engine: Text
    memory: Text
    reckoning: Text
    sources: list[Source]


class ChipEstimate(Chip):
    """A chip, and what each system might need on it."""

    ms: dict[str, PhoneTime]


class HostCheck(RecordModel):
    """A network's work, and the model of its cost against the host's own measurement."""

    gmacs: Amount
    megabytes: Amount
    roofline_ms: Amount
    measured_ms: Amount
    error_percent: float
    factor: Amount
    """Measured by roofline."""


class Estimates(RecordModel):
    """What phones might need, by published figures; never a measurement."""

    size: PictureSize
    threads: Count
    host: Annotated[Roofs, Field(validation_alias=AliasChoices("host", "desk"))]
    systems: dict[str, HostCheck]
    phones: list[ChipEstimate]
