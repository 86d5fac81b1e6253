"""Runs on other devices in the host's report: tables of their own, that say whose they are and claim no common run."""

import json
from pathlib import Path
from typing import Any

import pytest
from benchmark_runs import not_run, parsed, row, run
from made_files import exit_code

from benchmarks.records.pivot import by_system
from benchmarks.report import render
from benchmarks.report.__main__ import main
from benchmarks.report.other_devices import device_tables

pytestmark = pytest.mark.converter

PHONE = {"hardware": {"device": "Google Pixel 9", "cpu": "Tensor G4"}}
BROWSER = {"by": "web", "hardware": {"cpu": "unknown, 8 threads"}, "os": {"name": "Linux"}}


def host(**changes: Any) -> dict[str, Any]:
    made = run(row([1.0, 2.0, 3.0], ratio=480.0), by="host", hardware={"cpu": "a host"}, **changes)
    held_out = {"data": "tests", "photos": 1, "of": 1, "longest": 64, "shown": []}
    photo = {"photo": {"fidelity": {"psnr": 20.0, "ssim": 0.9, "gradient_error": 1.0, "errors": {}, "photos": []}}}
    return made | {"held_out": held_out, "fidelity": photo}


def test_a_table_says_on_what_it_was_measured_and_when() -> None:
    phone, web = device_tables(
        [parsed(run(row([1.0]), **about)) for about in (PHONE, BROWSER)], by_system(parsed(host()))
    )
    assert phone.title == "Google Pixel 9, Tensor G4, Android 16"
    assert web.title == "unknown, 8 threads, Linux, in a browser"
    assert "Begun 2026-05-01 12:00:00 UTC, with app 0.1.0, LiteRT 2.1.0." in phone.about


def test_it_claims_neither_turns_with_the_desk_nor_a_ratio_nor_fidelity() -> None:
    rows = row([2.0, 4.0], throttled=True), not_run("no NPU", system="NPU")
    (phone,) = device_tables([parsed(run(*rows, **PHONE))], by_system(parsed(host())))
    assert "interleaved" not in phone.about
    assert phone.columns == ["64 px", "file"]
    assert [str(cell) for cell in phone.lines[0].cells] == [
        "3.00\N{NO-BREAK SPACE}ms (throttled)",
        "147\N{NO-BREAK SPACE}kB",
    ]
    assert phone.lines[1].problem == "not run: no NPU"


def test_a_file_of_the_same_name_that_is_another_one_is_told() -> None:
    other = {"model-int8.tflite": {"bytes": 9, "sha256": "1" * 64}}
    same, another = device_tables(
        [parsed(run(row([1.0]))), parsed(run(row([1.0]), files=other))], by_system(parsed(host()))
    )
    assert "nother file" not in same.about
    assert another.about.endswith(": model-int8.tflite.")


def test_the_command_puts_them_into_page_and_markdown(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    runs = {"benchmarks": host(), "pixel": run(row([1.0]), **PHONE), "web": run(row([7.0]), **BROWSER)}
    for name, made in runs.items():
        (tmp_path / f"{name}.json").write_text(json.dumps(made))
    paths = [tmp_path / f"{name}.json" for name in ("pixel", "web")]
    assert exit_code(main, tmp_path, "--devices", *paths) == 0
    for name in (render.PAGE, render.MARKDOWN):
        text = (tmp_path / name).read_text()
        assert text.index("On other devices") < text.index("Google Pixel 9") < text.index("in a browser")
    (tmp_path / "web.json").write_text("{}")
    assert exit_code(main, tmp_path, "--devices", tmp_path / "web.json") == 2
    assert capsys.readouterr().err.startswith(f"error: {tmp_path / 'web.json'}: $.hardware: ")
