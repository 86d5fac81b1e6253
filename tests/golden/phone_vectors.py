"""Reference values for the phone apps beside tiles and statistics; tests/golden/write.py writes it.

pixels.json: pictures into a network's numbers and back (convert/runtimes/base.py), and camera frames into pictures;
metadata.json: small .tflite files in base64, and the metadata of each; run.json: a whole benchmark run.
"""

import base64
import tempfile
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
from ai_edge_litert import schema_py_generated as schema
from flatbuffers import Builder
from PIL import Image

from benchmarks.records.run import FORMAT
from benchmarks.schema import parse_run
from benchmarks.timing.statistics import figures
from convert.metadata import write_tflite_metadata
from convert.runtimes.base import Runtime, pad
from pix2phone.processor import of_cpuinfo

FACTS = {"name": "small painterly", "model": "small", "author": "A. Painter", "licence": "CC0-1.0", "multiple": 4}
SIDES = ((2, 3, 2, 4), (3, 5, 4, 8), (1, 1, 4, 4), (5, 6, 8, 8))  # height, width; padded to
LEVELS = ("float32", "uint8")
CPUINFO = "processor\t: 0\nBogoMIPS\t: 38.40\nFeatures\t: {features}\nCPU part\t: 0xd4d\n\nHardware\t: Acme\n"


class Given(Runtime):
    """A network that gave `numbers`."""

    def __init__(self, numbers: np.ndarray) -> None:
        self.numbers = numbers

    def load(self, picture: np.ndarray) -> None: ...
    def invoke(self) -> None: ...
    def raw(self) -> np.ndarray:
        return self.numbers


def pixels() -> dict[str, list[Any]]:
    """Bytes RGB row by row; floats in [0, 1], some of them beyond it."""
    random = np.random.default_rng(0)
    padded = []
    for height, width, high, wide in SIDES:
        picture = random.integers(0, 256, (height, width, 3), np.uint8)
        entry = {"height": height, "width": width, "sides": [high, wide], "picture": picture.ravel().tolist()}
        padded.append(entry | {"padded": pad(picture, high, wide).ravel().tolist()})
    numbers = np.float32([-0.5, 0.0, 0.25, 0.5, 0.499, 0.999, 1.0, 1.5, 0.1])
    bytes_of = Given(numbers).read().tolist()
    return {"padded": padded, "levels": [{"numbers": numbers.tolist(), "bytes": bytes_of}], "frames": frames()}


def frames() -> list[dict[str, Any]]:
    """A full-range BT.601 frame in planes as cameras give them, and the upright picture for each way of holding.

    Turned clockwise by `degrees` and then, with `mirror`, swapped left and right. `row_stride` and `pixel_stride` are
    of the two chroma planes, which have half the sides; bytes between are padding.
    """
    random = np.random.default_rng(1)
    height, width, luma_stride = 4, 6, 8
    luma = random.integers(0, 256, (height, width), np.uint8)
    chroma = random.integers(0, 256, (2, height // 2, width // 2), np.uint8)
    full = [luma, *(plane.repeat(2, 0).repeat(2, 1) for plane in chroma)]
    upright = np.asarray(Image.merge("YCbCr", [Image.fromarray(plane) for plane in full]).convert("RGB"))
    entries = []
    for pixel_stride, row_stride in ((1, 4), (2, 8)):
        planes = np.zeros((2, height // 2, row_stride), np.uint8)
        planes[:, :, : pixel_stride * width // 2 : pixel_stride] = chroma
        lines = np.zeros((height, luma_stride), np.uint8)
        lines[:, :width] = luma
        given = {"height": height, "width": width, "luma_stride": luma_stride, "luma": lines.ravel().tolist()}
        given |= {"row_stride": row_stride, "pixel_stride": pixel_stride}
        given |= {"cb": planes[0].ravel().tolist(), "cr": planes[1].ravel().tolist()}
        for degrees, mirror in product((0, 90, 180, 270), (False, True)):
            turned = np.rot90(upright, -degrees // 90)
            turned = turned[:, ::-1] if mirror else turned
            entries.append(given | {"degrees": degrees, "mirror": mirror, "picture": turned.ravel().tolist()})
    return entries


def metadata() -> dict[str, list[Any]]:
    """Files without a network in them: only inputs, outputs and metadata."""
    kinds = {"float32": schema.TensorType.FLOAT32, "uint8": schema.TensorType.UINT8}
    files = []
    listed = {"reach": 20, "sizes": [[256, 256], [720, 1280]]}
    for name, facts in product(LEVELS, (FACTS, FACTS | listed, FACTS | {"tiling": "global"})):
        content = _file(kinds[name], facts)
        text = base64.b64encode(content).decode()
        files.append({"file": text, "type": name, "height": 8, "width": 12, "facts": facts})
    return {"files": files}


def _file(kind: int, facts: dict[str, Any]) -> bytes:
    model, graph, buffer = schema.ModelT(), schema.SubGraphT(), schema.BufferT()
    graph.tensors = [schema.TensorT(), schema.TensorT()]
    for tensor in graph.tensors:
        tensor.shape, tensor.type, tensor.buffer = [1, 8, 12, 3], kind, 0
    graph.inputs, graph.outputs, graph.operators = [0], [1], []
    model.version, model.subgraphs, model.buffers, model.operatorCodes = 3, [graph], [buffer], []
    builder = Builder(1024)
    builder.Finish(model.Pack(builder), b"TFL3")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "file.tflite"
        path.write_bytes(bytes(builder.Output()))
        write_tflite_metadata(path, facts)
        return path.read_bytes()


def run() -> dict[str, Any]:
    """The record of a phone that measured one row, and failed on another."""
    samples = [4.125, 3.5, 3.75, 3.625, 9.5, 3.875, 4.25, 3.4375] * 5
    size = {"width": 512, "height": 512}
    same = {"group": "made", "runtime": "LiteRT", "precision": "int8", "file": "small-int8.tflite", "size": size}
    same |= {"model": "small", "bytes": 147432, "weights": "trained"}
    readings = [
        {"at_s": 0.5, "thermal": "nominal", "battery_percent": 81.0, "charging": True, "celsius": 30.5},
        {"at_s": 9.25, "thermal": "light"},
    ]
    curve = [
        {"at_s": 30.0, "median_ms": 4.0, "runs": 7000, "thermal": "nominal"},
        {"at_s": 60.0, "median_ms": 5.0, "runs": 5600, "thermal": "moderate"},
    ]
    measured = {"system": "small-int8.tflite CPU 4", "backend": "CPU", "threads": 4, "status": "measured"}
    measured |= {"samples_ms": samples, "statistics_ms": figures(samples), "load_ms": 12.5, "first_ms": 8.75}
    measured |= {"throttled": True, "readings": readings, "sustained": curve}
    other = {"system": "small-int8.tflite GPU", "backend": "GPU", "status": "not run", "reason": "no GPU delegate"}
    made = {
        "format": FORMAT,
        "by": "android",
        "made": "2026-01-02T03:04:05Z",
        "hardware": {"device": "Acme Phone 9", "cpu": "SM9000", "cores": 8, "memory_bytes": 7999717376}
        | of_cpuinfo(CPUINFO.format(features="fp asimd aes asimdhp asimddp i8mm bf16")),
        "os": {"name": "Android", "version": "16", "architecture": "arm64-v8a"},
        "versions": {"android_demo": "0.1.0", "LiteRT": "1.4.1"},
        "settings": {"sizes": [size], "iterations": [40], "trim_percent": 5.0, "warm_ups": 3}
        | {"seconds": 5.0, "sustained_seconds": 60.0, "quick": True},
        "files": {"small-int8.tflite": {"bytes": 147432, "sha256": "0123456789abcdef" * 4}},
        "rows": [same | measured, same | other],
    }
    parse_run(made, "run.json")
    return made


def cpuinfo() -> list[dict[str, Any]]:
    """Texts of /proc/cpuinfo, and the "hardware" that follows from each: a new phone, an old one, a 32-bit one, a PC."""
    features = ("fp asimd crc32 asimddp i8mm", "fp asimd asimdhp asimddp", "fp asimd crc32", "half thumb neon vfpv4")
    texts = [
        *(CPUINFO.format(features=found) for found in features),
        "vendor_id\t: GenuineIntel\nflags\t\t: fpu avx2\n",
    ]
    return [{"text": text} | of_cpuinfo(text) for text in texts]


def contents() -> dict[str, dict[str, list[Any]]]:
    """File name to contents."""
    return {"pixels.json": pixels(), "metadata.json": metadata(), "run.json": {"runs": [run()], "cpuinfo": cpuinfo()}}
