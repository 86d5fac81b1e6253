"""Photos painted by a program, once: pairs of files cached on disk under the content that made them."""

import hashlib
from pathlib import Path

from pix2phone.artefacts import ARTIFACTS
from pix2phone.errors import UserError
from pix2phone.pictures import fit, read_picture, scale, write_picture
from train.data.checked import gather, large_enough
from train.data.photos import list_photos
from train.data.source import Painted
from train.styles import Style, load_style

CACHE = ARTIFACTS / "cache"


def painted_files(
    source: Painted, split: str, scales: tuple[float, ...], style: Style | None = None
) -> list[tuple[str, Path, Path]]:
    """(name, photo file, painting file) for every photo of `split`, scaled first and then painted at each scale.

    Scaling finished pairs instead would teach several stroke widths at once, and a network answers with their blur.
    `style` paints in place of the source's own.
    """
    style = style or load_style(source.style)
    jobs = [(photo, factor) for photo in list_photos(source.photos, split) for factor in scales]

    def kept(job: tuple[Path, float]) -> tuple[str, Path, Path] | None:
        before, after = _cached(*job, style, source.longest)
        return (job[0].stem, before, after) if before.exists() and after.exists() else None

    def work(job: tuple[Path, float]) -> tuple[str, Path, Path]:
        return (job[0].stem, *_paint(*job, style, source.longest))

    return gather(jobs, work, f"painting {split} photos", source.skip_bad, kept=kept)


def _cached(photo: Path, factor: float, style: Style, longest: int) -> tuple[Path, Path]:
    """Where the photo as the style gets it, and its painting, are kept."""
    try:
        content = photo.read_bytes()
    except OSError as error:
        raise UserError(f"{photo}: unreadable ({error.strerror}); replace or remove it") from None
    # "srgb": as pictures are read since profiles are followed; paintings of before are not taken for these.
    sized = hashlib.sha256(content + f"srgb {longest} {factor} {style.size}".encode()).hexdigest()[:20]
    brush = hashlib.sha256(style.identity.encode()).hexdigest()[:12]
    return CACHE / f"{sized}.png", CACHE / f"{sized}-{brush}.png"


def _paint(photo: Path, factor: float, style: Style, longest: int) -> tuple[Path, Path]:
    """The cached files of one photo, painted now."""
    before, after = _cached(photo, factor, style, longest)
    if not before.exists():
        picture = large_enough(photo, fit(read_picture(photo), longest))
        write_picture(before, style.prepare(scale(picture, factor)))
    if not after.exists():
        write_picture(after, style.paint(read_picture(before)))
    return before, after
