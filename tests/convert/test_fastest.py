"""Which file is the fastest where: timed in LiteRT for this kind of processor, stated for the other."""

import json
from pathlib import Path
from typing import Any

import pytest

from convert.fastest import say_fastest, time_files
from pix2phone.processor import WITH, WITHOUT, describe, this_processor

pytestmark = pytest.mark.converter

FILES = {f"model-{precision}.tflite": precision for precision in ("float32", "float16", "dynamic", "int8")}
ROWS = [{"file": file, "target": "tflite", "precision": FILES[file], "refused": False} for file in FILES]


def speed(**hardware: Any) -> dict[str, Any]:
    times = {"model-int8.tflite": 10.4, "model-float32.tflite": 9.5}
    return {"hardware": {"cpu": "CPU", **hardware}, "side": 512, "threads": 2, "ms": times}


def test_every_litert_file_is_timed_and_written_down_with_the_processor(converted: Path) -> None:
    found = json.loads((converted / "converted.json").read_text())["speed"]
    assert found["hardware"] == this_processor()
    assert set(found["ms"]) == set(FILES)
    assert min(found["ms"].values()) > 0
    assert describe(this_processor()) in "".join(say_fastest(found, ROWS))


@pytest.mark.parametrize("dots", [True, False])
def test_what_was_measured_is_said_of_this_kind_alone(dots: bool) -> None:
    having, lacking = say_fastest(speed(dot_products=dots), ROWS)
    assert WITH in having and WITHOUT in lacking
    here, other = (having, lacking) if dots else (lacking, having)
    assert ": model-float32.tflite, measured here: model-float32.tflite 9.50 ms, model-int8.tflite 10.40 ms" in here
    assert "not measured here" in other
    assert ": model-float16.tflite or model-float32.tflite," in lacking if dots else ": model-int8.tflite," in having


def test_an_unknown_processor_stands_for_neither_kind() -> None:
    having, lacking, here = say_fastest(speed(), ROWS)
    assert "not measured here" in having and "not measured here" in lacking
    assert "measured here: model-float32.tflite" in here


@pytest.mark.parametrize("kept", ["int8", "float32"])
def test_nothing_is_said_where_there_is_no_choice(converted: Path, kept: str) -> None:
    assert time_files(converted, [row for row in ROWS if row["precision"] == kept]) is None


def test_a_refused_file_is_not_named() -> None:
    rows = [row | {"refused": row["precision"] == "float16"} for row in ROWS]
    assert ": model-float32.tflite, not measured here" in "".join(say_fastest(speed(dot_products=True), rows))
