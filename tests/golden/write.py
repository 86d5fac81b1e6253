"""python tests/golden/write.py: Python's output for a few inputs, for the tests of the demos in other languages.

tiles.json: plans of convert/runtimes/tiles.py and convert/runtimes/base.py, and a picture put together from tiles that differ;
statistics.json: benchmarks/timing/statistics.py and sustained.py; phone_vectors.py and iphone_vectors.py have the others.
tests/golden/test_golden.py holds the files to the code.
"""

import json
import random
import sys
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
sys.path.insert(0, str(Path(__file__).resolve().parent))

import iphone_vectors
import phone_vectors

from benchmarks.records.row import CurvePoint
from benchmarks.timing.statistics import dropped, figures, trimmed_mean
from benchmarks.timing.sustained import throttled
from convert.runtimes import tiles
from convert.runtimes.base import Runtime

FOLDER = Path(__file__).parent
FACTS: tuple[dict[str, Any], ...] = (
    {"multiple": 4, "reach": 20},
    {"multiple": 32},
    {"multiple": 8, "reach": 0},
    {"multiple": 4, "reach": 128},
    {"multiple": 4, "reach": 20, "sizes": [[256, 256], [720, 1280]]},
)
GLOBAL: tuple[dict[str, Any], ...] = (
    {"multiple": 32, "tiling": "global"},
    {"multiple": 4, "sizes": [[256, 256], [720, 1280]], "tiling": "global"},
)
SIZES = ((1, 1), (480, 640), (1088, 1920), (1089, 1920), (97, 4100), (3000, 4000), (721, 1281))
CURVES = ([5.0], [4.0, 4.5], [4.0] * 27 + [4.0, 4.1, 9.0], [4.0] * 27 + [5.0, 5.0, 4.0])  # third: one disturbed slice
BLEND = (100, 150, (64, 96), 4, 4)  # height, width, sides, reach, grid


class Metadata(Runtime):
    """Only the plan of an artefact."""

    def load(self, picture: np.ndarray) -> None: ...
    def invoke(self) -> None: ...
    def raw(self) -> np.ndarray:
        return np.zeros(0)


def needs_tiles(facts: dict[str, Any], height: int, width: int) -> bool:
    """Whether a picture of that size would go by tiles if the network were local."""
    runtime = Metadata()
    runtime.take(facts | {"tiling": "local"})
    return runtime.plan(height, width) is not None


def refused() -> list[dict[str, Any]]:
    """Pictures that the apps do not paint with files of `GLOBAL`."""
    return [
        {"height": height, "width": width, "facts": facts}
        for facts in GLOBAL
        for height, width in SIZES
        if needs_tiles(facts, height, width)
    ]


def plans() -> list[dict[str, Any]]:
    """How pictures of `SIZES` go through files of `FACTS`, and of `GLOBAL` where those take them."""
    rows = []
    for facts in (*FACTS, *GLOBAL):
        runtime = Metadata()
        runtime.take(facts)
        for height, width in SIZES:
            if facts in GLOBAL and needs_tiles(facts, height, width):
                continue
            plan = runtime.plan(height, width) or tiles.plan(
                height, width, runtime.padded(height, width), runtime.receptive_field, runtime.grid
            )
            rows.append({"height": height, "width": width, "facts": facts} | plan._asdict())
    return rows


def blend() -> dict[str, Any]:
    """A grey picture laid from tiles of one value each, tile n being 40 n + 7: only the ramps are between."""
    height, width, sides, reach, grid = BLEND
    plan = tiles.plan(height, width, sides, reach, grid)
    values = iter(range(7, 256, 40))
    picture = np.zeros((height, width, 3), np.uint8)
    laid = tiles.paint_tiles(lambda tile: np.full_like(tile, next(values)), picture, plan)
    inputs = {"height": height, "width": width, "sides": sides, "reach": reach, "grid": grid}
    return inputs | {"row": laid[height // 2, :, 0].tolist(), "column": laid[:, width // 2, 0].tolist()}


def statistics() -> list[dict[str, Any]]:
    """Samples in milliseconds, the paper's mean of them, and the figures that schema.json asks for beside it."""
    source = random.Random(0)
    lists = [[round(source.lognormvariate(2, 0.5), 3) for _ in range(count)] for count in (1, 2, 19, 20, 39, 60)]
    return [
        {
            "samples": samples,
            "dropped": dropped(len(samples)),
            "mean": trimmed_mean(samples),
            "figures": figures(samples),
        }
        for samples in lists
    ]


def curves() -> list[dict[str, Any]]:
    """Medians of a sustained curve's slices in milliseconds, and whether the device was throttled."""
    return [
        {
            "medians": medians,
            "throttled": throttled([CurvePoint(at_s=0, median_ms=median, runs=1) for median in medians]),
        }
        for medians in CURVES
    ]


def contents() -> dict[str, dict[str, list[Any]]]:
    """File name to contents."""
    ours = {"tiles.json": {"plans": plans(), "refused": refused(), "blends": [blend()]}}
    ours["statistics.json"] = {"means": statistics(), "curves": curves()}
    return ours | phone_vectors.contents() | {"iphone_run.json": {"runs": [iphone_vectors.run()]}}


def to_text(content: dict[str, list[Any]]) -> str:
    """JSON with a line for each entry, so that a diff shows the changed entry."""
    lists = (f'"{name}": [\n' + ",\n".join(map(json.dumps, entries)) + "\n]" for name, entries in content.items())
    return "{" + ",\n".join(lists) + "}\n"


if __name__ == "__main__":
    for name, content in contents().items():
        (FOLDER / name).write_text(to_text(content))
        print(f"wrote {FOLDER / name}")
