"""A run that has one of everything the report shows."""

from typing import Any

from benchmark_runs import Run, not_run, row, run

from benchmarks.profiling.roofline import chips
from benchmarks.quality.fidelity import MEASURES
from benchmarks.systems.paper import TABLE_2

PHOTOS = ("first-photo", "second")


def timed(system: str, ms: float, size: int, **about: Any) -> list[Run]:
    """Rows of one system at both sizes, each run a little slower than the one before."""
    samples = [ms * (1 + 0.01 * (index % 7)) for index in range(20)]
    beside = {"system": system, "size": {"width": size, "height": size}, "ratio": 1400 / ms, "bytes": 147_000}
    return [row(samples, **{"file": "model-int8.tflite", **beside, **about})]


def judged(psnr: float, kind: str) -> Run:
    """Means with errors, and pictures of both photos."""
    means = dict.fromkeys(MEASURES, 0.5) | {"psnr": psnr, "ssim": 0.93, "gradient_error": 4.2}
    figures = means | {"errors": dict.fromkeys(MEASURES, 0.01), "photos": [{"name": n, "psnr": psnr} for n in PHOTOS]}
    return {"fidelity": figures, "pictures": {name: f"{name}-{kind}.jpg" for name in PHOTOS}}


def report_run() -> Run:
    """One of each: timed and judged systems, one that was not run, a profile, an estimate, a curve."""
    rows = []
    for size in (256, 512):
        paper = {"group": "paper", "model": "unet-resnet18", "precision": "float32", "runtime": "torch"}
        rows += timed("unet", 1400.0, size, **paper, bytes=125_000_000)
        rows += timed("float32", 12.0, size, precision="float32", bytes=524_000)
        curve = [{"at_s": 15.0 * i, "median_ms": 3.6 + 0.05 * i, "runs": 9} for i in range(1, 21)]
        rows += timed("int8", 3.6, size, **({"sustained": curve, "throttled": True} if size == 512 else {}))
        rows += timed("onnx", 4.4, size, runtime="onnxruntime", bytes=144_000)
        about = {
            "runtime": "Core ML",
            "precision": "float16",
            "backend": "any",
            "size": {"width": size, "height": size},
        }
        rows.append(not_run("Core ML predicts only on macOS", system="Core ML", **about))
    layers = [
        {
            "name": f"layer_{i}",
            "kind": "CONV_2D",
            "shape": [1, 128, 128, 48],
            "macs": 10**8 * i,
            "bytes": 10,
            "ms": 0.1 * i,
        }
        for i in range(25)
    ]
    profile = {
        "system": "int8",
        "label": "small, int8 · LiteRT",
        "method": "cuts",
        "total_ms": 30.0,
        "layers": layers,
    }
    profile |= {"size": {"width": 512, "height": 512}}
    checked = {
        "gmacs": 2.1,
        "megabytes": 41.0,
        "roofline_ms": 2.0,
        "measured_ms": 3.6,
        "error_percent": -44.4,
        "factor": 1.8,
    }
    phones = [chip.plain() | {"ms": {"int8": {"roofline": 11.0, "scaled": 19.8}}} for chip in chips()]
    host = {"gmacs": {"int8": 700.0, "float32": 150.0}, "gbytes": 30.0}
    shown = [{"name": name, "credit": "by nobody", "target": f"{name}-a.jpg"} for name in PHOTOS]
    about = {"data": "tests", "photos": 2, "of": 2, "longest": 96, "not_run": {"KID": "no weights"}, "shown": shown}
    return run(
        *rows,
        by="host",
        hardware={"cpu": "a processor", "instructions": ["avx2"], "cores": 2},
        settings={"sizes": [{"width": size, "height": size} for size in (256, 512)], "iterations": [20, 20]}
        | {"trim_percent": 5.0, "warm_ups": 1, "threads": 2, "seconds": 2.0, "quick": True},
        fidelity={"float32": judged(31.1, "a"), "int8": judged(31.2, "b"), "onnx": judged(31.15, "b")}
        | {"photo": judged(23.4, "photo")},
        held_out=about,
        paper=TABLE_2,
        stages={
            "curves": {"trained": [{"seconds": 60.0 * i, "loss": 1 / (i + 1), "psnr": 20.0 + i} for i in range(5)]}
        },
        profiles=[profile],
        estimates={"size": {"width": 512, "height": 512}, "threads": 2, "host": host}
        | {"systems": {"int8": checked}, "phones": phones},
    )
