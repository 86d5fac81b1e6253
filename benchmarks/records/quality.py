"""Records of fidelity: what trained systems make of test photos."""

from typing import Annotated, Any

from pydantic import BeforeValidator

from benchmarks.records.base import Count, RecordModel, Text


class Measures(RecordModel):
    """One figure for each measure of benchmarks.quality.fidelity.MEASURES that was run."""

    psnr: float | None = None
    ssim: float | None = None
    ms_ssim: float | None = None
    perceptual: float | None = None
    gradient_error: float | None = None
    colour_error: float | None = None
    checkerboard: float | None = None
    crop: float | None = None
    lpips: float | None = None
    kid: float | None = None
    motion: float | None = None


class Stability(RecordModel):
    """A picture beside what comes of its photo in part and in motion."""

    peaks: list[list[float]] | None = None
    """By how much each frequency of the network's grid stands out, dB, across and down."""
    psnr: float | None = None
    """Of a crop's picture against that part of the whole's, dB; none where no program can paint a target's crop."""
    step: float | None = None
    """Mean difference of neighbours across a seam, grey levels."""
    motion: float | None = None
    """Shimmer, grey levels."""


def without_null(value: Any) -> Any:
    """Of a `Stability`: runs made before the models wrote null where a figure could not be had."""
    return {name: entry for name, entry in value.items() if entry is not None} if isinstance(value, dict) else value


class JudgedPhoto(Measures):
    """One photo's picture against its target."""

    name: Text
    painted: Stability | None = None
    target: Annotated[Stability, BeforeValidator(without_null)] | None = None


class Fidelity(Measures):
    """The mean of each measure over the photos."""

    errors: Measures | None = None
    """Standard errors of the means."""
    photos: list[JudgedPhoto]


class Judged(RecordModel):
    """What one system makes of the test photos."""

    fidelity: Fidelity
    pictures: dict[str, Text] | None = None
    """Names of files in the folder `pictures`, by photo."""


class ShownPhoto(RecordModel):
    """A photo whose pictures are kept."""

    name: Text
    credit: str
    """Empty for a photo that has none."""
    target: Text
    """The target's file in the folder `pictures`."""


class HeldOut(RecordModel):
    """The test photos."""

    data: Text
    photos: Count
    """How many were judged."""
    of: Count
    """How many there are."""
    longest: Count
    """Of all their sides, pixels."""
    shown: list[ShownPhoto]
    not_run: dict[str, str] | None = None
    """Why a measure is missing, by measure."""
