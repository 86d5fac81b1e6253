"""Records of layer times, and of estimates for phones."""

from typing import Annotated

from pydantic import AliasChoices, Field

from benchmarks.records.base import Amount, Count, PictureSize, Positive, RecordModel, Size, Text


class LayerTime(RecordModel):
    """One layer; `ms`, a difference, may be slightly negative."""

    name: Text
    kind: Text
    shape: list[int]
    macs: Size
    bytes: Size
    ms: float


class LayerTimes(RecordModel):
    """The layers in the network's order, and the timing method."""

    method: Text
    size: PictureSize
    total_ms: Amount
    layers: list[LayerTime]


class Profile(LayerTimes):
    """Time of each layer of a system."""

    system: Text
    label: Text


class Roofs(RecordModel):
    """Peaks of a processor: 1e9 multiply-accumulates per second by arithmetic, and 1e9 bytes per second."""

    gmacs: dict[str, Positive]
    gbytes: Positive


class Source(RecordModel):
    """Source of a published figure."""

    kind: Text
    says: Text
    url: Text


class PhoneTime(RecordModel):
    """Milliseconds: the roofline, and the roofline scaled by the host's measured-to-roofline ratio."""

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
    """A chip, and the estimated time of each system on it."""

    ms: dict[str, PhoneTime]


class HostCheck(RecordModel):
    """A network's work, and its modelled cost compared with the host's measurement."""

    gmacs: Amount
    megabytes: Amount
    roofline_ms: Amount
    measured_ms: Amount
    error_percent: float
    factor: Amount
    """Measured time divided by roofline."""


class Estimates(RecordModel):
    """Estimated times on phones, from published figures; never a measurement."""

    size: PictureSize
    threads: Count
    host: Annotated[Roofs, Field(validation_alias=AliasChoices("host", "desk"))]
    systems: dict[str, HostCheck]
    phones: list[ChipEstimate]
