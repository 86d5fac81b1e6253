"""The record of one system at one size: its times, and what was measured beside them."""

from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field

from benchmarks.records.base import Amount, Count, Line, Percent, PictureSize, Positive, RecordModel, Size, Text

Thermal = Literal["nominal", "light", "moderate", "severe", "critical", "emergency", "shutdown"]
"""Android's and iOS's levels under one set of names."""


class Statistics(RecordModel):
    """Derived from samples_ms. Percentiles interpolate between the sorted samples x[0..n-1] at p / 100 * (n - 1)."""

    trimmed_mean: Amount
    """Without the fastest and the slowest floor(n * trim_percent / 100) samples: the headline."""
    median: Amount
    p90: Amount
    p99: Amount
    iqr: Amount
    """75th less 25th percentile."""
    interval_95: Annotated[list[Amount], Field(min_length=2, max_length=2)] | None = None
    """Bootstrap interval of the trimmed mean."""


class EndToEnd(RecordModel):
    """Medians, from a JPEG photo in memory to a JPEG picture in memory, milliseconds."""

    decode: Amount
    resize: Amount
    """To the size of the row, cropped."""
    network: Amount
    """With the conversion of pixels to its numbers and back."""
    encode: Amount
    total: Amount
    runs: Count | None = None


class Reading(RecordModel):
    """The state of the machine at one moment."""

    at_s: Amount
    """From the start of the run."""
    background_percent: Amount | None = None
    """Share of all processor time that others used since the reading before."""
    mhz: Amount | None = None
    """Of the processor."""
    thermal: Thermal | None = None
    battery_percent: Percent | None = None
    charging: bool | None = None
    celsius: float | None = None
    """Of the battery on a phone."""


class CurvePoint(RecordModel):
    """A slice of the time in which a network runs without a pause."""

    at_s: Amount
    """The end of the slice, from the start of the curve."""
    median_ms: Positive
    runs: Count
    thermal: Thermal | None = None


def _measured_or_reason(schema: dict[str, Any]) -> None:
    """What JSON Schema can say of `Row.contradiction`."""
    schema["if"] = {"properties": {"status": {"const": "measured"}}}
    schema["then"] = {"required": ["samples_ms", "statistics_ms"], "not": {"required": ["reason"]}}
    schema["else"] = {"required": ["reason"], "not": {"required": ["samples_ms"]}}


class Row(RecordModel):
    """One system at one size in one way of running it. Times are milliseconds."""

    model_config = ConfigDict(json_schema_extra=_measured_or_reason)

    system: Text
    """The same in all rows of one network in one way of running it, and in no others."""
    model: Text
    """small, unet-resnet18, animeganv2."""
    group: Literal["paper", "peer", "made", "added"]
    """paper: the paper's; peer: other papers'; made: by this toolkit; added: by --system."""
    runtime: Text
    """torch, torch.compile, LiteRT, LiteRT.js, onnxruntime, Core ML."""
    precision: Text
    """float32, float16, int8, dynamic."""
    backend: Text
    """What computes: CPU, CUDA, GPU, NNAPI, WebGPU, wasm, CPU_AND_NE."""
    threads: Count | None = None
    file: Text | None = None
    """Its name in `files`; none: built in memory."""
    weights: Literal["trained", "untrained"] | None = None
    """Untrained ones cost the same time."""
    bytes: Size | None = None
    """Of the file, or of the float32 weights without one."""
    parameters: Count | None = None
    gmacs: Amount | None = None
    """Thousand millions of multiply-accumulates at this size."""
    size: PictureSize
    status: Literal["measured", "not run", "failed", "crashed"]
    """failed: it answered with an error or with NaN; crashed: its process died or fell silent."""
    reason: Line | None = None
    """Why it was not measured."""
    samples_ms: Annotated[list[Positive], Field(min_length=1)] | None = None
    """Every timed iteration in the order of time, the network alone."""
    statistics_ms: Statistics | None = None
    ratio: Positive | None = None
    """How many times faster than the paper's model on the same kind of processor in this run."""
    load_ms: Amount | None = None
    """From the file, or from weights in memory, to a network that is ready; its libraries were loaded before."""
    first_ms: Amount | None = None
    """The first inference in a fresh process; what is compiled or allocated then is in it."""
    peak_memory_bytes: Count | None = None
    """The most that a fresh process held at once, its libraries in it."""
    end_to_end_ms: EndToEnd | None = None
    disturbed: bool | None = None
    """Others used the processor, or its frequency changed, in more than 5 % of the readings."""
    throttled: bool | None = None
    """The system slowed the device down for heat: it says so, or the last tenth of the sustained curve is over 10 %
    slower than the first."""
    readings: list[Reading] | None = None
    """Of the device before, during and after this row."""
    sustained: list[CurvePoint] | None = None
    """The network run without a pause: the median of each slice of time."""

    @property
    def failed(self) -> bool:
        """Whether it was run and broke down."""
        return self.status in ("failed", "crashed")

    @property
    def mean_ms(self) -> float:
        """The trimmed mean of a row that was measured."""
        return self.statistics.trimmed_mean

    @property
    def statistics(self) -> Statistics:
        """Of a row that was measured."""
        assert self.statistics_ms, f"{self.system}: {self.status}"
        return self.statistics_ms

    @property
    def samples(self) -> list[float]:
        """Milliseconds, of a row that was measured."""
        assert self.samples_ms, f"{self.system}: {self.status}"
        return self.samples_ms
