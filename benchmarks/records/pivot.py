"""A run as tables and plots need it: one row for each system, its times by size in seconds."""

from typing import Any

from benchmarks.records.run import PHOTO, Run
from benchmarks.systems.paper import MODEL
from pix2phone.processor import describe, has_dot_products

Record = dict[str, Any]
SAME = ("model", "group", "runtime", "precision", "backend", "threads", "weights", "file", "bytes", "gmacs")


def by_system(run: Run) -> Record:
    """The rows of one system become one; `status` is "measured" if nothing went wrong at any size that it takes."""
    systems: dict[str, Record] = {}
    for row in run["rows"]:
        mine = systems.setdefault(row["system"], _about(run, row))
        if row["status"] == "measured":
            mine["times"][size_name(row["size"])] = _times(row)
        mine |= {name: row[name] for name in ("sustained", "throttled") if name in row}
    for key, mine in systems.items():
        rows = [row for row in run["rows"] if row["system"] == key]
        mine |= _status(rows)
    photo = {"key": PHOTO, "model": PHOTO, "group": "baseline", "status": "measured", "times": {}}
    stages = run.get("stages", {})
    return {
        "made": run["made"],
        "machine": _machine(run),
        "protocol": _protocol(run),
        "held_out": run.get("held_out", {}),
        "paper": run.get("paper", {}),
        "rows": [*systems.values(), *([photo | run["fidelity"][PHOTO]] if PHOTO in run.get("fidelity", {}) else [])],
        "curves": stages.get("curves", {}),
        "parity": stages.get("parity", {"checkpoint": "", "rows": []}),
        "reference": stages.get("reference", {}),
        "disturbed": run.get("disturbed", False),
        "estimates": run.get("estimates", {}),
        "profiles": run.get("profiles", []),
    }


def size_name(size: dict[str, int]) -> str:
    """256 of a square, else 1920x1080."""
    width, height = size["width"], size["height"]
    return str(width) if width == height else f"{width}x{height}"


def headline_size(record: Record) -> str:
    """512 where it was measured, else the largest size."""
    sizes = record["protocol"]["sizes"]
    return str(512 if 512 in sizes else max(sizes))


def headline_row(record: Record) -> Record | None:
    """The row worth talking about: int8 in LiteRT on all threads, else the fastest made one; None if none was timed."""
    size, threads = headline_size(record), record["protocol"]["threads"]
    made = [row for row in record["rows"] if row["group"] == "made" and row["device"] == "cpu"]
    made = [row for row in made if row["threads"] == threads]
    timed = [row for row in made if row["status"] == "measured" and size in row["times"]]
    int8 = [row for row in timed if row["runtime"] == "LiteRT" and row["precision"] == "int8"]
    return min(int8 or timed, key=lambda row: row["times"][size]["mean"], default=None)


def paper_row(record: Record) -> Record | None:
    """The paper's model on the CPU, if it was timed at the headline size."""
    for row in record["rows"]:
        if row["group"] == "paper" and (row["model"], row["runtime"], row["backend"]) == (MODEL, "torch", "CPU"):
            return row if headline_size(record) in row["times"] else None
    return None


def _about(run: Run, row: dict[str, Any]) -> Record:
    mine = {name: row.get(name) for name in SAME} | {"key": row["system"], "times": {}}
    mine["device"] = "cuda" if row["backend"].startswith("CUDA") else "cpu"
    file = run["files"].get(row.get("file", ""), {})
    mine |= {"sha256": file.get("sha256"), "bytes": mine["bytes"] or file.get("bytes")}
    return mine | run.get("fidelity", {}).get(row["system"], {})


def _times(row: dict[str, Any]) -> Record:
    seconds = {name: _seconds(value) for name, value in row["statistics_ms"].items()}
    taken = seconds | {"mean": seconds["trimmed_mean"], "samples": _seconds(row["samples_ms"])}
    beside = {name: row.get(name) for name in ("ratio", "disturbed", "throttled", "peak_memory_bytes")}
    return taken | beside | {name: _seconds(row[f"{name}_ms"]) for name in ("load", "first") if f"{name}_ms" in row}


def _seconds(milliseconds: Any) -> Any:
    return [_seconds(value) for value in milliseconds] if isinstance(milliseconds, list) else milliseconds / 1000


def _status(rows: list[dict[str, Any]]) -> Record:
    broken = [row for row in rows if row["status"] in ("failed", "crashed")]
    if not broken and any(row["status"] == "measured" for row in rows):
        return {"status": "measured"}
    bad = (broken or rows)[0]
    where = f"at {size_name(bad['size'])} px: " if broken and len(broken) < len(rows) else ""
    return {"status": bad["status"], "reason": where + bad["reason"]}


def _machine(run: Run) -> Record:
    hardware, system = run["hardware"], run["os"]
    busy = [reading["background_percent"] for reading in run.get("readings", ()) if "background_percent" in reading]
    memory = hardware.get("memory_bytes")
    return {
        "processor": describe(hardware),
        "dot_products": has_dot_products(hardware),
        "cores": hardware.get("cores"),
        "memory_gb": round(memory / 1e9, 1) if memory else None,
        "gpu": hardware.get("gpu"),
        "system": " ".join(system[name] for name in ("name", "version", "architecture") if name in system),
        "python": run["versions"].get("python", "none"),
        "versions": {name: number for name, number in run["versions"].items() if name != "python"},
        "busy_percent": [busy[0], busy[-1]] if busy else [0.0],
    }


def _protocol(run: Run) -> Record:
    settings = run["settings"]
    sizes = [size_name(size) for size in settings["sizes"]]
    counts = dict.fromkeys(f"{count:,}" for count in settings["iterations"])
    told = {"sizes": [int(size) if size.isdigit() else size for size in sizes], "iterations": " / ".join(counts)}
    return {"threads": 1, "quick": False, "seconds": None} | settings | told
