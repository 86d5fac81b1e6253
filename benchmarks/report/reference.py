"""The committed reference: the paper's network after hours of training, judged on the photos of a run."""

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from benchmarks.systems.names import NAMES
from benchmarks.systems.paper import MODEL
from pix2phone.artefacts import SHIPPED, read_json

if TYPE_CHECKING:
    from train.data.source import Pairs

REPORT = SHIPPED.with_name("reference.json")  # of python -m train --preset reference


def reference(source: "Pairs", names: list[str]) -> dict[str, Any]:
    """Its means over the built-in photos `names`, its "minutes" of training and the "longest" side it was judged at.

    Empty for another look, or other photos than the built-in ones, on which it was not judged.
    """
    from benchmarks.students.scores import reference_scores
    from train.data.source import BUILTIN, Painted
    from train.metrics import mean_scores

    if not isinstance(source, Painted) or source.photos != (BUILTIN,):
        return {}
    report = read_json(REPORT)
    longest = report["source"]["longest"]
    scores = reference_scores(REPORT, replace(source, longest=longest), names).get("scores", {})
    if len(scores) < len(names):
        return {}
    minutes = round(report["curve"][-1]["seconds"] / 60)
    return mean_scores(scores.values()) | {"photos": len(names), "longest": longest, "minutes": minutes}


def useless(row: dict[str, Any], record: dict[str, Any]) -> bool:
    """Whether the row is a big network trained here whose pictures are no nearer to the targets than the photos are."""
    return row["group"] == "made" and row["model"] == MODEL and row["fidelity"]["psnr"] <= photo_scores(record)["psnr"]


def photo_scores(record: dict[str, Any]) -> dict[str, Any]:
    """The fidelity of the photos, left as they are."""
    return next(row["fidelity"] for row in record["rows"] if row["group"] == "baseline")


def remark(record: dict[str, Any]) -> str:
    """What must be said of a big network that was trained here for too short a time; "" where there is none."""
    row = next((row for row in record["rows"] if "fidelity" in row and useless(row, record)), None)
    if row is None:
        return ""
    here, photo = row["fidelity"]["psnr"], photo_scores(record)["psnr"]
    said = (
        f"The {NAMES[MODEL]} that was trained here is left out of the pictures: its training was too short, and its "
        f"{here:.1f} dB are less than the {photo:.1f} dB of the photos as they are."
    )
    if known := record["reference"]:
        said += (
            f" After {known['minutes']} minutes of training the same network reached {known['psnr']:.1f} dB on these "
            f"photos at up to {known['longest']} px: the committed reference, {REPORT.parent.name}/{REPORT.name}."
        )
    return said
