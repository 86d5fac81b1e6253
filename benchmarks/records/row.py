"""The record of one system at one size: times and accompanying measurements."""

from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field

from benchmarks.records.base import Amount, Count, Line, Percent, PictureSize, Positive, RecordModel, Size, Text

Thermal = Literal["nominal", "light", "moderate", "severe", "critical", "emergency", "shutdown"]
"""Levels of Android and iOS under common names."""


class Statistics(RecordModel):
    """Derived from samples_ms. Percentiles interpolate between the sorted samples x[0..n-1] at p / 100 * (n - 1)."""

    trimmed_mean: Amount
    """Mean without the fastest and the slowest floor(n * trim_percent / 100) samples: the headline."""
    median: Amount
    p90: Amount
    p99: Amount
    iqr: Amount
    """75th minus 25th percentile."""
    interval_95: Annotated[list[Amount], Field(min_length=2, max_length=2)] | None = None
    """Bootstrap interval of the trimmed mean."""


class EndToEnd(RecordModel):
    """Medians, from a JPEG photo in memory to a JPEG picture in memory, milliseconds."""

    decode: Amount
    resize: Amount
    """Resizing and cropping to the size of the row."""
    network: Amount
    """Inference, with conversion of pixels to network values and back."""
    encode: Amount
    total: Amount
    runs: Count | None = None


class Reading(RecordModel):
    """The state of the machine at one moment."""

    at_s: Amount
    """Time since the start of the run."""
    background_percent: Amount | None = None
    """Share of processor time used by other processes since the previous reading."""
    mhz: Amount | None = None
    """Processor frequency."""
    thermal: Thermal | None = None
    battery_percent: Percent | None = None
    charging: bool | None = None
    celsius: float | None = None
    """Battery temperature of a phone."""


class CurvePoint(RecordModel):
    """A slice of the time of continuous inference."""

    at_s: Amount
    """End of the slice, from the start of the curve."""
    median_ms: Positive
    runs: Count
    thermal: Thermal | None = None


def _measured_or_reason(schema: dict[str, Any]) -> None:
    """The part of `Row.contradiction` that JSON Schema can express."""
    schema["if"] = {"properties": {"status": {"const": "measured"}}}
    schema["then"] = {"required": ["samples_ms", "statistics_ms"], "not": {"required": ["reason"]}}
    schema["else"] = {"required": ["reason"], "not": {"required": ["samples_ms"]}}


class Row(RecordModel):
    """One system at one size in one way of running it. Times are milliseconds."""

    model_config = ConfigDict(json_schema_extra=_measured_or_reason)

    system: Text
    """Identifies a network in one way of running it; shared by its rows at all sizes, and by no others."""
    model: Text
    """small, unet-resnet18, animeganv2."""
    group: Literal["paper", "peer", "made", "added"]
    """paper: the paper's; peer: other papers'; made: by this toolkit; added: by --system."""
    runtime: Text
    """torch, torch.compile, LiteRT, LiteRT.js, onnxruntime, Core ML."""
    precision: Text
    """float32, float16, int8, dynamic."""
    backend: Text
    """Execution backend: CPU, CUDA, GPU, NNAPI, WebGPU, wasm, CPU_AND_NE."""
    threads: Count | None = None
    file: Text | None = None
    """Its name in `files`; none for a network built in memory."""
    weights: Literal["trained", "untrained"] | None = None
    """Whether it is trained; untrained weights take the same time."""
    bytes: Size | None = None
    """Size of the file, or of the float32 weights without a file."""
    parameters: Count | None = None
    gmacs: Amount | None = None
    """1e9 multiply-accumulates at this size."""
    size: PictureSize
    status: Literal["measured", "not run", "failed", "crashed"]
    """failed: an error or NaN; crashed: the process died or stopped responding."""
    reason: Line | None = None
    """Reason for a row without measurement."""
    samples_ms: Annotated[list[Positive], Field(min_length=1)] | None = None
    """Every timed iteration in chronological order, the network alone."""
    statistics_ms: Statistics | None = None
    ratio: Positive | None = None
    """Speed-up over the paper's model on the same kind of processor in this run."""
    load_ms: Amount | None = None
    """Time to load the network from its file or from weights in memory, excluding the loading of libraries."""
    first_ms: Amount | None = None
    """First inference in a fresh process, including compilation and allocation."""
    peak_memory_bytes: Count | None = None
    """Peak memory of a fresh process, including its libraries."""
    end_to_end_ms: EndToEnd | None = None
    disturbed: bool | None = None
    """Load by other processes or a change of frequency in more than 5 % of the readings."""
    throttled: bool | None = None
    """Thermal throttling, as reported by the system or because the last tenth of the sustained curve is over 10 %
    slower than the first."""
    readings: list[Reading] | None = None
    """State of the device before, during and after this row."""
    sustained: list[CurvePoint] | None = None
    """Continuous inference: the median of each slice of time."""

    @property
    def failed(self) -> bool:
        """Whether it ran and failed or crashed."""
        return self.status in ("failed", "crashed")

    @property
    def mean_ms(self) -> float:
        """Trimmed mean of a measured row."""
        return self.statistics.trimmed_mean

    @property
    def statistics(self) -> Statistics:
        """Statistics of a measured row."""
        assert self.statistics_ms, f"{self.system}: {self.status}"
        return self.statistics_ms

    @property
    def samples(self) -> list[float]:
        """Milliseconds of a measured row."""
        assert self.samples_ms, f"{self.system}: {self.status}"
        return self.samples_ms
