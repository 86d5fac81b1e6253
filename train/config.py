"""The settings of a training run: frozen, self-checking, and the recipes by name."""

from dataclasses import dataclass, replace
from typing import Any

from pix2phone.errors import UserError

FOREVER = 1e6  # minutes
LOSSES = ("perceptual", "gradient")
DIRECTIONS = ("AtoB", "BtoA")  # from which side of ready pairs to which


@dataclass(frozen=True)
class Recipe:
    """One training run. `crop` in pixels; `steps` of `batch` crops, or `minutes` of wall clock instead.

    `optimiser`: "adamw", or "muon" for small networks, whose kernels it turns into orthogonal steps at a cost that
    grows with the parameters and not with the batch. `loss`: "perceptual" is L1 + VGG-16 features (the paper's),
    "gradient" is L1 + L1 of gradients. `degrees` and `zoom` (of ready pairs) are the augmentation's; at each of
    `scales` a program paints every photo afresh; `longest` is the side to which photos are shrunk first, in pixels.
    `judged` limits the test photos that the result is scored on (None: all). An epoch is `epoch_steps` steps;
    checkpoints fall between epochs.
    """

    model: str
    loss: str
    crop: int
    batch: int
    lr: float
    steps: int
    degrees: float
    zoom: float
    scales: tuple[float, ...]
    longest: int
    optimiser: str = "adamw"
    minutes: float | None = None
    judged: int | None = None
    epoch_steps: int = 50
    seed: int = 0

    def __post_init__(self) -> None:
        checks = {
            "--crop": (self.crop, self.crop >= 32 and self.crop % 32 == 0, "a multiple of 32"),
            "--batch": (self.batch, self.batch >= 1, "at least 1"),
            "--lr": (self.lr, 0 < self.lr < 1, "between 0 and 1"),
            "--steps": (self.steps, self.steps >= 1, "at least 1"),
            "--minutes": (self.minutes, self.minutes is None or 0 < self.minutes < FOREVER, "more than 0, below 1e6"),
            "--seed": (self.seed, 0 <= self.seed < 2**32, "between 0 and 4294967295"),
            "--loss": (self.loss, self.loss in LOSSES, f"one of {', '.join(LOSSES)}"),
        }
        for flag, (value, fits, remedy) in checks.items():
            if not fits:
                raise UserError(f"{flag}: {value}: must be {remedy}")

    def with_flags(self, **flags: Any) -> "Recipe":
        """This recipe with the flags that were given (not None) in place of its own values.

        `steps` takes the place of the recipe's `minutes` too. UserError for both at once.
        """
        given = {name: value for name, value in flags.items() if value is not None}
        if "steps" in given and "minutes" in given:
            raise UserError(f"--steps: {given['steps']}: goes without --minutes; give one of them")
        if "steps" in given:
            given["minutes"] = None
        return replace(self, **given)

    def shortened(self, times: int) -> "Recipe":
        """The same recipe for a run that is so many times shorter."""
        return replace(self, steps=max(1, self.steps // times), minutes=self.minutes and self.minutes / times)


PAPER = Recipe(
    model="unet-resnet18",
    loss="perceptual",
    crop=192,
    batch=4,
    lr=1e-3,
    steps=20_000,
    degrees=45.0,
    zoom=4.0,
    scales=(1.0, 0.5, 2.0),
    longest=1024,
)
STUDENT = replace(
    PAPER,
    model="small",
    loss="gradient",
    crop=160,
    batch=4,
    optimiser="muon",
    lr=2.4e-3,
    steps=24_000,
    degrees=0.0,
    zoom=1.0,
    scales=(1.0, 0.6),
)
REFERENCE = replace(STUDENT, model="unet-resnet18", crop=128, batch=4, optimiser="adamw", lr=1e-3, steps=20_000)
QUICK: dict[str, Any] = {"degrees": 0.0, "zoom": 1.0, "scales": (1.0,), "longest": 512}
RECIPES: dict[str, Recipe] = {
    "paper": PAPER,
    "quick": replace(PAPER, loss="gradient", crop=128, minutes=0.75, judged=4, **QUICK),  # shows the stage
    "reference": REFERENCE,
    "student": STUDENT,
    "student-quick": replace(STUDENT, minutes=2.5, judged=8, **QUICK),
}
