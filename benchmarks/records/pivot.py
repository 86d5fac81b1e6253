"""The rows of a run joined by system, with times by size in seconds, for tables and plots."""

from typing import Any

from benchmarks.records.row import Row
from benchmarks.records.run import PHOTO, Run, Stages
from benchmarks.systems.paper import MODEL
from pix2phone.processor import describe, has_dot_products

Record = dict[str, Any]
SAME = ("model", "group", "runtime", "precision", "backend", "threads", "weights", "file", "bytes", "gmacs")


def by_system(run: Run) -> Record:
    """Join the rows of each system; `status` is "measured" if all sizes that it supports succeeded."""
    systems: dict[str, Record] = {}
    for row in run.rows:
        mine = systems.setdefault(row.system, _about(run, row))
        if row.status == "measured":
            mine["times"][row.size.name] = _times(row)
        mine |= {name: value for name, value in row.plain().items() if name in ("sustained", "throttled")}
    for key, mine in systems.items():
        mine |= _status([row for row in run.rows if row.system == key])
    photo = {"key": PHOTO, "model": PHOTO, "group": "baseline", "status": "measured", "times": {}}
    judged = {key: found.plain() for key, found in (run.fidelity or {}).items()}
    stages = (run.stages or Stages()).plain()
    return {
        "made": run.made,
        "machine": _machine(run),
        "protocol": _protocol(run),
        "held_out": run.held_out.plain() if run.held_out else {},
        "paper": {name: row.plain() for name, row in (run.paper or {}).items()},
        "rows": [*systems.values(), *([photo | judged[PHOTO]] if PHOTO in judged else [])],
        "curves": stages.get("curves", {}),
        "parity": stages.get("parity", {"checkpoint": "", "rows": []}),
        "reference": stages.get("reference", {}),
        "disturbed": bool(run.disturbed),
        "estimates": run.estimates.plain() if run.estimates else {},
        "profiles": [profile.plain() for profile in run.profiles or []],
    }


def headline_size(record: Record) -> str:
    """512 if measured, else the largest size."""
    sizes = record["protocol"]["sizes"]
    return str(512 if 512 in sizes else max(sizes))


def headline_row(record: Record) -> Record | None:
    """The headline row: int8 in LiteRT on all threads, else the fastest made one; None if none was timed."""
    size, threads = headline_size(record), record["protocol"]["threads"]
    made = [row for row in record["rows"] if row["group"] == "made" and row["device"] == "cpu"]
    made = [row for row in made if row["threads"] == threads]
    timed = [row for row in made if row["status"] == "measured" and size in row["times"]]
    int8 = [row for row in timed if row["runtime"] == "LiteRT" and row["precision"] == "int8"]
    return min(int8 or timed, key=lambda row: row["times"][size]["mean"], default=None)


def paper_row(record: Record) -> Record | None:
    """The paper's model on the CPU, if timed at the headline size."""
    for row in record["rows"]:
        if row["group"] == "paper" and (row["model"], row["runtime"], row["backend"]) == (MODEL, "torch", "CPU"):
            return row if headline_size(record) in row["times"] else None
    return None


def _about(run: Run, row: Row) -> Record:
    mine = {name: getattr(row, name) for name in SAME} | {"key": row.system, "times": {}}
    mine["device"] = "cuda" if row.backend.startswith("CUDA") else "cpu"
    file = run.files.get(row.file or "")
    mine |= {"sha256": file and file.sha256, "bytes": row.bytes or (file and file.bytes)}
    judged = (run.fidelity or {}).get(row.system)
    return mine | (judged.plain() if judged else {})


def _times(row: Row) -> Record:
    seconds = {name: _seconds(value) for name, value in row.statistics.plain().items()}
    taken = seconds | {"mean": seconds["trimmed_mean"], "samples": _seconds(row.samples)}
    beside = {name: getattr(row, name) for name in ("ratio", "disturbed", "throttled", "peak_memory_bytes")}
    spent = {"load": row.load_ms, "first": row.first_ms}
    return taken | beside | {name: _seconds(value) for name, value in spent.items() if value is not None}


def _seconds(milliseconds: Any) -> Any:
    return [_seconds(value) for value in milliseconds] if isinstance(milliseconds, list) else milliseconds / 1000


def _status(rows: list[Row]) -> Record:
    broken = [row for row in rows if row.failed]
    if not broken and any(row.status == "measured" for row in rows):
        return {"status": "measured"}
    bad = (broken or rows)[0]
    where = f"at {bad.size.name} px: " if broken and len(broken) < len(rows) else ""
    return {"status": bad.status, "reason": f"{where}{bad.reason}"}


def _machine(run: Run) -> Record:
    hardware, system = run.hardware.plain(), run.os
    busy = [reading.background_percent for reading in run.readings or () if reading.background_percent is not None]
    memory = run.hardware.memory_bytes
    return {
        "processor": describe(hardware),
        "dot_products": has_dot_products(hardware),
        "cores": run.hardware.cores,
        "memory_gb": round(memory / 1e9, 1) if memory else None,
        "gpu": run.hardware.gpu,
        "system": " ".join(filter(None, (system.name, system.version, system.architecture))),
        "python": run.versions.get("python", "none"),
        "versions": {name: number for name, number in run.versions.items() if name != "python"},
        "busy_percent": [busy[0], busy[-1]] if busy else [0.0],
    }


def _protocol(run: Run) -> Record:
    sizes = [size.name for size in run.settings.sizes]
    counts = dict.fromkeys(f"{count:,}" for count in run.settings.iterations)
    told = {"sizes": [int(size) if size.isdigit() else size for size in sizes], "iterations": " / ".join(counts)}
    return {"threads": 1, "quick": False, "seconds": None} | run.settings.plain() | told
