"""The rows of the ablation table: the settings of each group, and the format of a row."""

from dataclasses import dataclass

import numpy as np

from train.losses.pixel import GRADIENT_WEIGHT

COLUMNS = {"PSNR dB": ".2f", "SSIM": ".4f", "gradient error": ".2f"}


@dataclass(frozen=True)
class Setting:
    """One row. `photos`: how many have targets (None: all); `unpaired`: with all others labelled by the teacher."""

    optimiser: str = "muon"
    lr: float = 2.4e-3
    weight: float = GRADIENT_WEIGHT
    crop: int = 128
    scales: tuple[float, ...] = (1.0, 0.6)
    learn: tuple[str, ...] = ("targets",)
    photos: int | None = None
    unpaired: bool = False


def settings(few: int) -> dict[str, list[Setting]]:
    """The rows by group; each differs from the others of its group in the setting that names the group."""
    rates = [("adamw", 1.5e-3), ("adamw", 3e-3), ("muon", 1.5e-3), ("muon", 2.4e-3)]
    learn = [("targets",), ("outputs",), ("targets", "outputs")]
    return {
        "optimiser": [Setting(name, lr) for name, lr in rates],
        "loss": [Setting(weight=weight) for weight in (0.0, 0.3, 0.6, 1.0)],
        "crop": [Setting(crop=crop) for crop in (96, 128, 160, 192)],
        "scales": [Setting(scales=scales) for scales in ((1.0,), (1.0, 0.6))],
        "learn": [Setting(learn=names) for names in learn],
        "few": [
            *(Setting(learn=names, photos=few) for names in [*learn, ("targets", "features")]),
            Setting(learn=("outputs",), photos=few, unpaired=True),
            Setting(learn=("targets", "outputs"), photos=few, unpaired=True),
        ],
    }


def row(setting: Setting, scores: np.ndarray) -> str:
    """A line of the table of scores (seeds x COLUMNS): their means, and half the range over the seeds."""
    photos = f"{setting.photos or 'all'}{' + unpaired' if setting.unpaired else ''}"
    scales = " ".join(f"{scale:g}" for scale in setting.scales)
    optimiser = f"{setting.optimiser} {setting.lr:g}"
    loss = f"L1 + {setting.weight:g} grad"
    cells = [" + ".join(setting.learn), photos, optimiser, loss, str(setting.crop), scales]
    for form, column in zip(COLUMNS.values(), scores.T, strict=True):
        cells.append(f"{column.mean():{form}} ± {np.ptp(column) / 2:{form}}")
    return f"| {' | '.join(cells)} |"
