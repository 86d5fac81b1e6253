"""Records of fidelity: pictures of test photos by trained systems."""

from typing import Annotated, Any

from pydantic import BeforeValidator

from benchmarks.records.base import Count, RecordModel, Text


class Measures(RecordModel):
    """One value for each computed measure of benchmarks.quality.fidelity.MEASURES."""

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
    """Stability of a picture when its photo is cropped or moved."""

    peaks: list[list[float]] | None = None
    """Excess of each frequency of the network's grid, dB, across and down."""
    psnr: float | None = None
    """PSNR of a crop's picture against that part of the whole picture, dB; none if no program can paint such a crop."""
    step: float | None = None
    """Mean difference of neighbours across a seam, grey levels."""
    motion: float | None = None
    """Shimmer, grey levels."""


def without_null(value: Any) -> Any:
    """Of a `Stability`: runs made before the models wrote null where a figure could not be had."""
    return {name: entry for name, entry in value.items() if entry is not None} if isinstance(value, dict) else value


class JudgedPhoto(Measures):
    """Scores of one photo's picture against its target."""

    name: Text
    painted: Stability | None = None
    target: Annotated[Stability, BeforeValidator(without_null)] | None = None


class Fidelity(Measures):
    """The mean of each measure over the photos."""

    errors: Measures | None = None
    """Standard errors of the means."""
    photos: list[JudgedPhoto]


class Judged(RecordModel):
    """Fidelity of one system on the test photos."""

    fidelity: Fidelity
    pictures: dict[str, Text] | None = None
    """Names of files in the folder `pictures`, by photo."""


class ShownPhoto(RecordModel):
    """A photo whose pictures are kept."""

    name: Text
    credit: str
    """Empty for a photo without credit."""
    target: Text
    """The target's file in the folder `pictures`."""


class HeldOut(RecordModel):
    """The test photos."""

    data: Text
    photos: Count
    """Number of judged photos."""
    of: Count
    """Number of available photos."""
    longest: Count
    """Longest side of the photos, pixels."""
    shown: list[ShownPhoto]
    not_run: dict[str, str] | None = None
    """Reason for each missing measure."""
