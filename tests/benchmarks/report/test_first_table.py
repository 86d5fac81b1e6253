"""README's table: which record it is of, what it says of a network that was not trained, and the one ratio."""

from typing import Any

import pytest

from benchmarks.report import first_table
from benchmarks.students import records
from pix2phone.errors import UserError
from pix2phone.units import SPACE, ratio_text

Record = dict[str, Any]


def timed(seconds: float) -> Record:
    return {"512x512": {"mean": seconds, "ratio": 2.0 / seconds}}


def record(dot_products: bool, others: bool) -> Record:
    """Three students, the U-Net in 2 s, and if asked what else runs in LiteRT."""
    means = {"psnr": (34.0, 0.1), "ssim": (0.95, 0.01), "perceptual": (0.07, 0.01)}
    machine = {"cpu": "Zen" if not dot_products else "Lake", "dot_products": dot_products, "disturbed": False}
    students = []
    for name, ms in (("nano", 4), ("small", 8), ("base", 30)):
        int8 = {"bytes": 50_000, "times": timed(ms / 1000), "means": means}
        about = {"name": name, "failure": "", "data": {"photos": 54}, "reference": {"means": means}}
        students.append(about | {"files": {"int8": int8}})
    rows = [("animeganv2", "float32"), ("mobilenet-unet", "float32")]
    rows += [("unet-resnet18", "float32"), ("unet-resnet18", "int8")]
    untrained = [
        {"model": model, "precision": precision, "bytes": 9_000_000, "failure": "", "times": timed(0.8)}
        for model, precision in rows
    ]
    unet = {"model": "unet-resnet18", "bytes": 125_000_000, "times": timed(2.0)}
    protocol = {"threads": 2, "rounds": 15}
    return {"machine": machine, "students": students, "unet": unet, "protocol": protocol} | {
        "others": untrained if others else []
    }


def lines(text: str) -> list[list[str]]:
    rows = [line for line in text.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in rows[2:]]


def test_the_record_with_dot_products_is_shown_if_it_is_whole_else_the_other() -> None:
    for whole, shown, other in ((True, "Lake", "without"), (False, "Zen", "with")):
        text = first_table.markdown({True: record(True, others=whole), False: record(False, others=True)})
        table, conditions, last = text.strip().rsplit("\n\n", 2)
        assert shown in conditions and f"**{other} 8-bit dot products**" in last
        assert "`nano` 500×" in last and len(lines(table)) == 8


def test_five_networks_then_the_papers_in_each_way_of_running_it() -> None:
    rows = lines(first_table.markdown({False: record(False, others=True)}))
    assert [row[0] for row in rows[:5]] == ["`nano`", "`small`", "`base`", "AnimeGANv2", "U-Net MobileNetV2"]
    assert [row[1] for row in rows[5:]] == ["eager torch, float32", "LiteRT, float32", "LiteRT, int8"]
    assert rows[1][2:4] == [f"8.00{SPACE}ms", "250×"] and rows[5][3] == "1.0×"
    assert [row[-3] for row in rows] == ["34.00"] * 3 + ["–"] * 2 + ["34.00"] + ["–"] * 2


def test_a_network_that_failed_says_why() -> None:
    broken = record(False, others=True)
    broken["others"][0] |= {"failure": "onnx2tf stopped", "times": {}}
    row = lines(first_table.markdown({False: broken}))[3]
    assert "onnx2tf stopped" in row[1] and set(row[2:]) == {"–"}


def test_ratios_are_rounded_down_as_the_goals_are() -> None:
    assert [ratio_text(ratio) for ratio in (499.9, 150.0, 1.34)] == ["499×", "150×", "1.3×"]


def test_no_record_is_one_line_that_names_the_flag() -> None:
    with pytest.raises(UserError, match="--results"):
        records.choose({})


def test_the_committed_records_hold_the_three_students_on_both_kinds_of_processor() -> None:
    for kind, found in records.read_records().items():
        assert found["machine"]["dot_products"] == kind
        assert {"nano", "small", "base"} <= {student["name"] for student in found["students"]}
