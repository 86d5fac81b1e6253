"""The page's pictures: test photos, targets and the networks' paintings."""

import base64
from pathlib import Path
from typing import Any

from benchmarks.records.pivot import Record
from benchmarks.report.formatting import label
from benchmarks.report.reference import useless


def strips(record: Record, pictures: Path) -> list[dict[str, Any]]:
    """For each shown photo its name, credit and panels: photo, target, then the networks' paintings."""
    untouched = next(row for row in record["rows"] if row["group"] == "baseline")
    shown = []
    for photo in record["held_out"]["shown"]:
        file = photo["name"]
        panels = [_panel("photo", pictures / untouched["pictures"][file]), _panel("target", pictures / photo["target"])]
        for row in painters(record):
            score = next(entry["psnr"] for entry in row["fidelity"]["photos"] if entry["name"] == file)
            panels.append(_panel(label(row, record), pictures / row["pictures"][file], f"{score:.1f} dB"))
        title = file.replace("-", " ").replace("_", " ")
        shown.append({"name": title, "credit": photo["credit"], "panels": panels})
    return shown


def painters(record: Record) -> list[Record]:
    """The rows to show: a U-Net trained here, the float file, the int8 file; the first of each kind.

    A U-Net that is `useless` after a minute of training is left out.
    """
    made = [row for row in record["rows"] if row["group"] == "made" and row.get("pictures") and row["device"] == "cpu"]
    made = [row for row in made if not useless(row, record)] or made
    # The shipped file rather than its checkpoint.
    made.sort(key=lambda row: (row["runtime"] != "LiteRT", row["precision"] not in ("float32", "int8")))
    chosen: dict[tuple[str, bool], Record] = {}
    for row in made:
        chosen.setdefault((row["model"], "int8" in row["precision"]), row)
    return sorted(chosen.values(), key=lambda row: (not row["model"].startswith("unet"), "int8" in row["precision"]))


def _panel(label: str, path: Path, note: str = "") -> dict[str, str]:
    data = base64.b64encode(path.read_bytes()).decode()
    return {"label": label, "note": note, "data": f"data:image/jpeg;base64,{data}"}
