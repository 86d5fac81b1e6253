"""Fidelity of each trained system: its pictures of test photos compared with the targets."""

import csv
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from benchmarks.quality import fidelity, learned_metrics
from benchmarks.records.quality import Judged, ShownPhoto
from benchmarks.timing.protocol import BenchmarkPlan
from compress.load import load
from convert.runtimes.base import Runtime
from convert.runtimes.torch_model import TorchRuntime
from pix2phone.console import track
from pix2phone.errors import UserError
from pix2phone.pictures import fit, spread
from train.data.paired import Pair, held_out_pairs
from train.data.photos import PHOTOS_DIR
from train.data.source import BUILTIN, Painted, Pairs, pairs_of

SHOWN = 6  # pictures kept for the report
JPEG: dict[str, Any] = {"quality": 85, "optimize": True}  # of pictures on the page; scores are computed before encoding


@dataclass(frozen=True)
class JudgedPair:
    """One test photo and its target, uint8 H x W x 3 of one size.

    `shown`: its pictures are kept; built-in photos are preferred. `close`: crops and moved copies of it are painted
    too.
    """

    name: str
    photo: np.ndarray
    target: np.ndarray
    shown: bool
    close: bool


def choose(checkpoints: list[Path], plan: BenchmarkPlan) -> tuple[list[JudgedPair], dict[str, Any]]:
    """Evenly spread test pairs of the last readable checkpoint's data, and their description.

    With `plan.longest` a program paints the photos anew at that size; ready pairs are shrunk.
    """
    source = source_of(checkpoints)
    if plan.longest and isinstance(source, Painted):
        source = replace(source, longest=min(source.longest, plan.longest))
    found = held_out_pairs(source, "test")
    pairs = spread(found, plan.photos or len(found))
    ours = [pair for pair in pairs if pair.name in _builtin()]  # they have credits; a folder of portraits has none
    shown, close = spread(ours or pairs, SHOWN), spread(pairs, plan.close)
    judged = [JudgedPair(pair.name, *_sized(pair, plan.longest), pair in shown, pair in close) for pair in pairs]
    longest = max(max(pair.photo.shape) for pair in judged)
    return judged, {"data": _describe(source), "photos": len(judged), "of": len(found), "longest": longest}


def _describe(source: Pairs) -> str:
    if not isinstance(source, Painted):
        return f"the pairs in {source.pairs}"
    photos = ", ".join("the built-in photos" if folder == BUILTIN else folder for folder in source.photos)
    return f"{photos}, with targets by {source.style.name}"


def _sized(pair: Pair, longest: int | None) -> tuple[np.ndarray, np.ndarray]:
    photo, target = pair.read()
    return (fit(photo, longest), fit(target, longest)) if longest else (photo, target)


def source_of(checkpoints: list[Path]) -> Pairs:
    """The data source of the last readable checkpoint; an unreadable one gets its error in its row."""
    for path in reversed(checkpoints):
        try:
            return pairs_of(load(path).card.data)
        except UserError:
            continue
    return Painted()


class Judge:
    """Judges the rows one by one on the same pairs; pictures of the `shown` photos go to `folder`.

    `quick` omits the slowest measure, and the repeated painting of a photo in torch, which runs the big networks.
    """

    def __init__(self, judged: list[JudgedPair], source: Pairs, folder: Path, quick: bool = False) -> None:
        self.judged, self.folder, self.quick = judged, folder, quick
        self.targets = fidelity.Targets(source)
        self.not_run = learned_metrics.missing()
        if self.targets.paint is None:
            self.not_run["shimmer"] = "no program made the targets, so nothing can paint them in motion"
        if quick:
            self.not_run["MS-SSIM"] = "left out of a quick look; it takes longer than all other measures of a picture"
        self.lpips = None if "LPIPS" in self.not_run else learned_metrics.load_lpips()
        self.inception = None if "KID" in self.not_run else learned_metrics.load_inception()

    def __call__(self, runtime: Runtime | None, key: str) -> Judged:
        """Means of fidelity.MEASURES with their errors, the scores of each photo, and the shown pictures' files.

        Without `runtime` the photo itself is compared with the target. UserError for output that is not
        finite.
        """
        photos: list[dict[str, Any]] = []
        pictures: dict[str, str] = {}
        features: list[tuple[np.ndarray, ...]] = []
        for pair in track(self.judged, f"judging {key}", len(self.judged)):
            painted = pair.photo if runtime is None else paint(runtime, pair.photo)
            photos.append({"name": pair.name} | self._scores(runtime, pair, painted))
            if self.inception:
                features.append((self.inception(painted), self.inception(pair.target)))
            if pair.shown:
                pictures[pair.name] = _keep(self.folder, pair.name, key, painted)
        means, errors = fidelity.summarise(photos)
        if len(features) >= learned_metrics.LEAST_PICTURES:
            means["kid"], errors["kid"] = learned_metrics.kid(*(np.stack(side) for side in zip(*features, strict=True)))
        return Judged.model_validate({"fidelity": means | {"errors": errors, "photos": photos}, "pictures": pictures})

    def _scores(self, runtime: Runtime | None, pair: JudgedPair, painted: np.ndarray) -> dict[str, Any]:
        found = fidelity.photo_scores(painted, pair.target, multi_scale=not self.quick)
        if self.lpips:
            found["lpips"] = round(self.lpips(painted, pair.target), 6)
        if runtime and pair.close and not (self.quick and runtime.name == TorchRuntime.name):
            period = fidelity.period_of(runtime.multiple)
            found["painted"] = fidelity.stability(runtime, pair.photo, painted, period)
            found["target"] = self.targets.stability(pair.name, pair.photo, pair.target, period)
        return found


def paint(runtime: Runtime, photo: np.ndarray) -> np.ndarray:
    """`runtime(photo)`; UserError when the network's own output is not finite."""
    painted = runtime(photo)
    if why := fault(runtime):
        raise UserError(why)
    return painted


def fault(runtime: Runtime) -> str:
    """The fault in the network's last output; empty when it is finite."""
    return "" if np.isfinite(runtime.raw()).all() else "NaN or infinity in its output"


def show(judged: list[JudgedPair], folder: Path) -> list[ShownPhoto]:
    """Write photo and target of the shown pairs; returns files, names and, for built-in photos, credits."""
    rows, shown = _builtin(), []
    for pair in judged:
        if pair.shown:
            row = rows.get(pair.name)
            credit = f"{row['title']} by {row['author']}, {row['licence']}" if row else ""
            target = _keep(folder, pair.name, "target", pair.target)
            shown.append(ShownPhoto(name=pair.name, credit=credit, target=target))
    return shown


@cache
def _builtin() -> dict[str, dict[str, str]]:
    """The entries of the table of the built-in photos, by name."""
    table = csv.DictReader((PHOTOS_DIR / "photos.csv").read_text(encoding="utf-8").splitlines())
    return {Path(row["file"]).stem: row for row in table}


def _keep(folder: Path, name: str, key: str, picture: np.ndarray) -> str:
    """Write one picture into `folder`; returns its file name."""
    file = f"{name}-{key.replace('.', '-')}.jpg"
    folder.mkdir(parents=True, exist_ok=True)
    Image.fromarray(picture).save(folder / file, **JPEG)
    return file
