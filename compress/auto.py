"""`--auto --budget 5ms@512`: which student paints best within a budget, found by trying.

Time is known before anything is trained: a network takes as long with random weights. So of each shape only the
widest student that keeps to the budget is tried, in training runs an eighth as long; the best is then trained whole.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from compress.budget import Budget, where_it_holds
from compress.graph import export_graph
from compress.int8.calibrate import calibrate
from compress.load import Compressed
from compress.steps import Context, Cost, Step, digest, take_once
from pix2phone.console import say, table, track
from pix2phone.errors import UserError
from pix2phone.processor import describe, this_processor
from train.checkpoint import Card
from train.config import Recipe
from train.models import build

WIDTHS = (8, 16, 24, 32, 48, 64)
SHAPES = ((1, 1), (0, 6), (2, 2), (4, 2), (4, 6), (8, 2))  # 3x3 convolutions: of the details, of the trunk
TRIAL_SHARE = 8


def search(
    begin: Compressed, recipe: Recipe, budget: Budget, context: Context, distill: Callable[[Recipe], Step]
) -> tuple[Recipe, list[dict[str, Any]]]:
    """The recipe of the student to train whole, and the trials: cost and, where it was trained, the PSNR on val.

    Raises UserError when no student keeps to the budget.
    """
    say(where_it_holds(budget))
    shapes = track(SHAPES, "timing students", len(SHAPES))
    tried = [row for shape in shapes for row in _of_shape(*shape, budget, context.cost)]
    fitting = [row for row in tried if row["fits"]]
    if not fitting:
        least = min(tried, key=lambda row: row["ms"])
        where = describe(this_processor())
        raise UserError(
            f"--budget: {budget}: no student keeps to it; the fastest takes {least['ms']:.2f} ms on {where}"
        )
    for row in fitting:
        trial = distill(replace(recipe.shortened(TRIAL_SHARE), model=row["student"]))
        _, found, _ = take_once(trial, begin, digest(begin), context)
        row["val_psnr"] = found["val_psnr"]
    best = max(fitting, key=lambda row: row["val_psnr"])
    show(tried, budget)
    say(f"--auto: {best['student']} it is")
    return replace(recipe, model=best["student"]), tried


def show(tried: list[dict[str, Any]], budget: Budget) -> None:
    """Print the trials."""
    rows = [
        [
            row["student"],
            f"{row['ms']:.2f}",
            f"{row['gmacs']:.2f}",
            f"{row['val_psnr']:.2f}" if "val_psnr" in row else "too slow",
        ]
        for row in tried
    ]
    table(f"students within {budget}", ("student", "ms", "GMACs", "trial's PSNR dB on val"), rows)


def _of_shape(detail: int, trunk: int, budget: Budget, cost: Callable[..., Cost]) -> list[dict[str, Any]]:
    """The widest student of a shape within the budget, or else the narrowest; and the next wider, which is too slow."""
    rows: list[dict[str, Any]] = []
    for width in WIDTHS:
        name = f"student-{width}x{detail}x{trunk}"
        found = cost(untrained(name), budget.side)
        rows.append({"student": name, "ms": found.ms, "gmacs": found.gmacs, "fits": found.ms <= (budget.ms or 0)})
        if not rows[-1]["fits"]:
            break
    return rows[-2:] if len(rows) > 1 and not rows[-1]["fits"] else rows[-1:]


def untrained(name: str) -> Compressed:
    """The network `name` with random weights and int8 ranges: as fast as the trained one."""
    model = build(name).eval()
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    ranges = calibrate(export_graph(model), [noise])
    return Compressed(model, Card(name, "untrained", history=[{"int8": {"ranges": ranges}}]))
