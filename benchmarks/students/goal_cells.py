"""The goals of the named students, and the result of each, from goals.json."""

from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from benchmarks.quality.fidelity import mean_and_error, worst_peak
from benchmarks.records.pivot import Record
from benchmarks.students.timing import FULL_HD, SQUARE
from pix2phone.units import bytes_text

INT8_DROP = 0.2  # dB, of any student's int8 file against its own float file
ERRORS = 2  # standard errors of the mean by which checkerboards and seams may exceed those of the targets
SIDES = ("painted", "target")
UNJUDGED = "not judged, measured without 8-bit dot products"

PERCEPTUAL = "perceptual distance against the U-Net's"
GOAL_LABELS = {"psnr": "PSNR against the U-Net's, dB", "ssim": "SSIM against the U-Net's", "perceptual": PERCEPTUAL}
FORMS = {"psnr": ".2f", "ssim": ".4f", "perceptual": ".1%"}


@dataclass(frozen=True)
class Goals:
    """Goals of one named student; `ratio` and `frames` on a processor with 8-bit dot products.

    `psnr` (dB) and `ssim`: the least change against the U-Net's; `perceptual`: the greatest, as a share of the U-Net's
    distance (None: no goal). `better`: a change of 0 is not enough.
    """

    ratio: float
    frames: float
    bytes: int
    psnr: float
    ssim: float
    perceptual: float | None
    better: bool = False


GOALS = {
    "nano": Goals(1000, 60, 120_000, -0.5, -0.01, None),
    "small": Goals(500, 30, 250_000, -0.2, -0.005, 0.03),
    "base": Goals(200, 15, 500_000, 0.0, 0.0, 0.0),
    "large": Goals(60, 6, 2_000_000, 0.0, 0.0, 0.0, better=True),
}


@dataclass(frozen=True)
class GoalCell:
    """One student's figure under one goal; `met` is None where there is no goal, or the figure could not be had."""

    goal: str
    figure: str
    wanted: str = ""
    met: bool | None = None

    def __str__(self) -> str:
        if self.met is None:
            return self.figure
        return f"{self.figure}: {'met' if self.met else 'MISSED'} ({self.wanted})"


def cells(student: Record, unet: Record, dot_products: bool | None = True) -> list[GoalCell]:
    """A measured student's cells, the same goals in the same order for every one.

    Without `dot_products` of the measuring processor, speed is not judged: the goals are for phones, which have them.
    None: unknown, and judged.
    """
    goals = GOALS.get(student["model"])
    return [
        *_speed(student, unet, goals, dot_products is not False),
        _size(student, goals),
        *_against_unet(student, goals),
        _int8_drop(student),
        *_seams(student),
    ]


def _speed(student: Record, unet: Record, goals: Goals | None, judged: bool) -> list[GoalCell]:
    row = student["files"]["int8"]
    ratio = unet["times"][SQUARE]["mean"] / row["times"][SQUARE]["mean"]
    frames = 1 / row["times"][FULL_HD]["mean"]
    # Rounded down: 59.9 is not yet 60.
    figures = (f"{int(ratio)}×", f"{frames:.1f}")
    labels = ("faster than the paper's model, 512 px", f"frames/s at {FULL_HD}")
    if goals is None:
        return [GoalCell(*pair) for pair in zip(labels, figures, strict=True)]
    if not judged:
        return [GoalCell(label, f"{figure}: {UNJUDGED}") for label, figure in zip(labels, figures, strict=True)]
    wanted = (f"{goals.ratio:g}×", f"{goals.frames:g}")
    met = (ratio >= goals.ratio, frames >= goals.frames)
    return [GoalCell(*parts) for parts in zip(labels, figures, wanted, met, strict=True)]


def _size(student: Record, goals: Goals | None) -> GoalCell:
    count = student["files"]["int8"]["bytes"]
    if goals is None:
        return GoalCell("file", bytes_text(count))
    return GoalCell("file", bytes_text(count), bytes_text(goals.bytes), count <= goals.bytes)


def _against_unet(student: Record, goals: Goals | None) -> list[GoalCell]:
    """Changes of the int8 file against the U-Net's scores, photo by photo on those that both have."""
    if "not_run" in student["reference"]:
        return [GoalCell(label, f"not run: {student['reference']['not_run']}") for label in GOAL_LABELS.values()]
    theirs, mine = student["reference"]["scores"], student["files"]["int8"]["scores"]
    found = []
    for measure, label in GOAL_LABELS.items():
        change, error = mean_and_error([mine[name][measure] - theirs[name][measure] for name in theirs])
        scale = float(np.mean([row[measure] for row in theirs.values()])) if measure == "perceptual" else 1.0
        limit = getattr(goals, measure, None)
        figure = f"{change / scale:+{FORMS[measure]}} ± {error / scale:{FORMS[measure]}}"
        found.append(_change(label, figure, change / scale, limit, measure, goals is not None and goals.better))
    return found


def _change(label: str, figure: str, change: float, limit: float | None, measure: str, better: bool) -> GoalCell:
    if limit is None:
        return GoalCell(label, figure)
    gain = limit - change if measure == "perceptual" else change - limit  # a distance is better when it shrinks
    bound = "at most" if measure == "perceptual" else "at least"
    wanted = "better" if better else f"{bound} {limit:+{FORMS[measure]}}" if limit else "no worse"
    return GoalCell(label, figure, wanted, gain > 0 if better else gain >= 0)


def _int8_drop(student: Record) -> GoalCell:
    exact, rounded = (student["files"][precision]["scores"] for precision in ("float32", "int8"))
    drop, error = mean_and_error([exact[name]["psnr"] - rounded[name]["psnr"] for name in exact])
    return GoalCell("lost to int8, dB", f"{drop:.2f} ± {error:.2f}", f"at most {INT8_DROP:g}", drop <= INT8_DROP)


def _seams(student: Record) -> list[GoalCell]:
    photos = student["seams"]["photos"].values()
    steps = [[photo[side]["step"] for photo in photos] for side in SIDES]
    crops = [[photo[side]["psnr"] for photo in photos] for side in SIDES]
    figure = f"{np.mean(crops[0]):.1f}"
    psnr = GoalCell("crop against whole, dB", f"{figure}; the targets have no program")
    if None not in crops[1]:
        own = float(np.mean(crops[1]))
        psnr = GoalCell("crop against whole, dB", figure, f"the targets' {own:.1f}", bool(np.mean(crops[0]) >= own))
    above, error = mean_and_error(np.subtract(steps[0], steps[1]).tolist())
    wanted = f"not above the targets' {np.mean(steps[1]):.2f}"
    step = GoalCell("step at a seam, grey levels", f"{np.mean(steps[0]):.2f}", wanted, above <= ERRORS * error)
    return [_checkerboard(student["seams"]), psnr, step]


def _checkerboard(seams: Record) -> GoalCell:
    """At the frequency where the painted pictures stand out most above the targets."""
    photos = list(seams["photos"].values())
    place, excess = worst_peak(photos)
    above, error = mean_and_error(excess)
    mine, own = (float(np.mean([photo[side]["peaks"][place[0]][place[1]] for photo in photos])) for side in SIDES)
    where = f"{Fraction(place[1] + 1, seams['period'])} per pixel {('across', 'down')[place[0]]}"
    wanted = f"not above the targets' {own:.2f}"
    return GoalCell("spectral peak, dB", f"{mine:.2f} at {where}", wanted, above <= ERRORS * error)
