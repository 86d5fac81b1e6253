"""Remarks on the committed reference, the paper's network after hours of training, and on one trained here."""

from typing import Any

from benchmarks.quality.reference import REPORT
from benchmarks.systems.names import NAMES
from benchmarks.systems.paper import MODEL


def useless(row: dict[str, Any], record: dict[str, Any]) -> bool:
    """Whether the row is a big network trained here whose pictures are no closer to the targets than the photos are."""
    return row["group"] == "made" and row["model"] == MODEL and row["fidelity"]["psnr"] <= photo_scores(record)["psnr"]


def photo_scores(record: dict[str, Any]) -> dict[str, Any]:
    """Fidelity of the unchanged photos."""
    return next(row["fidelity"] for row in record["rows"] if row["group"] == "baseline")


def remark(record: dict[str, Any]) -> str:
    """Remark on a big network trained here for too short a time; "" without one."""
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
