"""The tables below the results: all fidelity measures, layer times, and estimates for phones."""

from typing import Any

from benchmarks.quality.fidelity import MEASURES
from benchmarks.records.pivot import Record
from benchmarks.report.formatting import label, runtime_text
from benchmarks.report.tables import TableCell
from benchmarks.systems.names import name
from pix2phone.units import NONE, bytes_text, time_text

SHOWN_LAYERS = 18  # layers listed by name
MINUS = "−"


def fidelity(record: Record) -> dict[str, Any]:
    """All computed measures: headings with explanations, and rows of cells, each mean with its error."""
    judged = [row for row in record["rows"] if "fidelity" in row]
    used = {key: measure for key, measure in MEASURES.items() if any(key in row["fidelity"] for row in judged)}
    rows = [
        (
            name(row),
            runtime_text(row, record["protocol"]["threads"]),
            [_mean(row["fidelity"], key, used[key].digits) for key in used],
        )
        for row in judged
    ]
    return {"measures": list(used.values()), "rows": rows, "not_run": record["held_out"].get("not_run", {})}


def _mean(figures: Record, key: str, digits: int) -> TableCell:
    if key not in figures:
        return TableCell(NONE)
    error = figures.get("errors", {}).get(key)
    return TableCell(
        f"{figures[key]:.{digits}f}".replace("-", MINUS),
        f"± {error:.{digits}f}" if error is not None else "",
        figures[key],
    )


def layers(record: Record) -> list[dict[str, Any]]:
    """One table for each profile: the slowest layers in the network's order, the rest summed in one line."""
    return [_profile(profile) for profile in record.get("profiles", [])]


def _profile(profile: Record) -> dict[str, Any]:
    found = profile["layers"]
    slowest = sorted(found, key=lambda layer: -layer["ms"])[:SHOWN_LAYERS]
    shown = [layer for layer in found if layer in slowest]
    rest = [layer for layer in found if layer not in slowest]
    if rest:
        sums = {key: sum(layer[key] for layer in rest) for key in ("ms", "macs", "bytes")}
        shown.append({"name": f"{len(rest)} others", "kind": "", "shape": []} | sums)
    longest = max(layer["ms"] for layer in shown)
    size = f"{profile['size']['width']} × {profile['size']['height']}"
    return {
        "label": profile["label"],
        "size": size,
        "total": time_text(profile["total_ms"] / 1000),
        "method": profile["method"],
        "lines": [_layer(layer, profile["total_ms"], longest) for layer in shown],
    }


def _layer(layer: Record, total: float, longest: float) -> dict[str, Any]:
    """A line of the table; `bar` is per cent of the longest line's time."""
    kind = layer["kind"].replace("_", " ").lower() if layer["kind"].isupper() else layer["kind"]
    return {
        "name": layer["name"],
        "kind": kind,
        "shape": " × ".join(map(str, layer["shape"][1:])) if layer["shape"] else "",
        "ms": f"{layer['ms']:.2f}".replace("-", MINUS),
        "share": f"{layer['ms'] / total:.0%}" if layer["ms"] > 0 else "0%",
        "bar": round(max(0.0, layer["ms"]) / max(longest, 1e-9) * 100, 1),
        "work": f"{layer['macs'] / 1e6:,.0f}" if layer["macs"] else "",
    }


def phones(record: Record) -> dict[str, Any] | None:
    """Chips in rows, networks in columns; also the host's check, and the published figures with their sources."""
    found = record.get("estimates")
    if not found:
        return None
    names = _labels(record)
    systems = [key for key in found["systems"] if key in names]
    return {
        "size": found["size"]["width"],
        "threads": found["threads"],
        "systems": [names[key] for key in systems],
        "chips": [(chip, [_estimate(chip["ms"].get(key)) for key in systems]) for chip in found["phones"]],
        "checks": [(names[key], _check(found["systems"][key])) for key in systems],
        "host": found["host"],
    }


def _estimate(times: Record | None) -> TableCell:
    if times is None:
        return TableCell(NONE)
    return TableCell(time_text(times["roofline"] / 1000), f"scaled: {time_text(times['scaled'] / 1000)}")


def _check(row: Record) -> list[str]:
    return [
        f"{row['gmacs']:.2f}",
        bytes_text(round(row["megabytes"] * 1e6)),
        time_text(row["roofline_ms"] / 1000),
        time_text(row["measured_ms"] / 1000),
        f"{row['error_percent']:+.0f} %".replace("-", MINUS),
    ]


def _labels(record: Record) -> dict[str, str]:
    return {row["key"]: label(row, record) for row in record["rows"]}
