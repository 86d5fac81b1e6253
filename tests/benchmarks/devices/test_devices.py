"""Phones: the driver against a stand-in adb that speaks the real command forms, and real adb where there is one."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from benchmark_runs import row, run
from made_files import exit_code, save_student

from benchmarks.__main__ import main
from benchmarks.devices import android_app, ios
from compress.graph import export_graph
from convert.litert.write import write_tflite
from convert.metadata import write_tflite_metadata
from train.checkpoint import load

pytestmark = pytest.mark.converter

PHONE = {"devices": {"PHONE1": "device"}, "app": True}
Measure = Callable[..., tuple[int | str | None, str]]


@pytest.fixture
def measure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Measure:
    """`python -m benchmarks --device adb` on the phone that is described; its exit code and what it complains of."""
    place = tmp_path / "bin" / "adb"
    place.parent.mkdir()
    source = Path(__file__).parents[2] / "stand_in_adb.py"
    place.write_text(source.read_text().replace("/usr/bin/env python3", sys.executable, 1))
    place.chmod(0o755)
    monkeypatch.setenv("PATH", f"{place.parent}:{os.environ['PATH']}")
    monkeypatch.setenv("STAND_IN", str(tmp_path / "phone.json"))
    monkeypatch.delenv("ANDROID_SERIAL", raising=False)
    monkeypatch.setattr(android_app, "LOOK_SECONDS", 0.01)

    def call(phone: dict[str, Any], *words: str | Path) -> tuple[int | str | None, str]:
        (tmp_path / "phone.json").write_text(json.dumps(phone))
        (tmp_path / "phone.log").write_text("")
        code = exit_code(main, "--device", "adb", "--out", tmp_path / "out", "--from", tmp_path, *words)
        return code, capsys.readouterr().err

    return call


def commands(tmp_path: Path) -> list[list[str]]:
    return [json.loads(line) for line in (tmp_path / "phone.log").read_text().splitlines()]


def test_the_apps_json_is_pulled_once_it_is_there(measure: Measure, tmp_path: Path) -> None:
    result = tmp_path / "result.json"
    result.write_text(json.dumps(run(row([1.0, 2.0, 3.0]))))
    words = ("--sizes", "64", "32", "--iterations", "5", "--sustained", "9")
    assert measure(PHONE | {"result": str(result), "looks": 2}, *words) == (0, "")
    assert json.loads((tmp_path / "out" / "adb.json").read_text()) == json.loads(result.read_text())
    start = next(command for command in commands(tmp_path) if "start" in command)
    intent = ["am", "start", "-W", "-S", "-n", "org.pix2phone.demo/.BenchmarkActivity"]
    extras = "--ez quick false --eia sizes 64,32 --eia iterations 5 --ef sustained 9"
    assert start == ["-s", "PHONE1", "shell", *intent, *extras.split()]
    assert sum("ls" in command for command in commands(tmp_path)) == 3


@pytest.mark.parametrize(
    ("phone", "said"),
    [
        ({"devices": {}}, "no device; connect a phone"),
        ({"devices": {"PHONE1": "unauthorized"}}, "PHONE1: unauthorised; unlock the phone"),
        ({"devices": {"PHONE1": "offline"}}, "PHONE1: offline; connect it again"),
        ({"devices": {"PHONE1": "no permissions (missing udev rules?); see [url]"}}, "PHONE1: no permissions"),
        ({"devices": {"A": "device", "B": "device"}}, "several devices; set ANDROID_SERIAL to one of A, B"),
        ({"devices": {"PHONE1": "device"}}, "PHONE1: the app org.pix2phone.demo is not installed"),
        (PHONE | {"lose_after": 4}, r"PHONE1: lost in mid-run \(error: device 'PHONE1' not found\)"),
        (PHONE | {"ended": True}, "PHONE1: the app ended without a result"),
    ],
)
def test_each_way_of_having_no_phone_is_one_line(measure: Measure, phone: dict[str, Any], said: str) -> None:
    code, line = measure(phone)
    assert code == 2 and line.count("\n") == 1 and line.startswith("error: --device adb: ")
    assert re.search(said, line), line


def test_a_result_that_is_not_as_the_schema_says_is_refused(measure: Measure, tmp_path: Path) -> None:
    result = tmp_path / "result.json"
    result.write_text(json.dumps(run(row([1.0, 2.0, 3.0]), made="yesterday")))
    code, line = measure(PHONE | {"result": str(result)})
    assert code == 2 and "$.made: " in line and "'yesterday'" in line
    assert not (tmp_path / "out" / "adb.json").exists()


def test_a_chosen_device_that_is_not_there(measure: Measure, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANDROID_SERIAL", "OTHER")
    assert "OTHER" in measure(PHONE)[1]


def save_tflite(folder: Path) -> Path:
    model, _ = load(save_student(folder / "student.safetensors", with_int8=False))
    path = folder / "model.tflite"
    write_tflite(export_graph(model), path, "float32", None)
    write_tflite_metadata(path, {"multiple": 4})
    return path


def test_benchmark_model_is_pushed_and_each_of_its_runs_is_a_sample(measure: Measure, tmp_path: Path) -> None:
    save_tflite(tmp_path)
    program = tmp_path / "benchmark_model"
    program.write_text("program")
    words = ("--benchmark-model", program, "--sizes", "64", "--iterations", "4", "--threads", "3")
    assert measure({"devices": {"PHONE1": "device"}, "thermal": 3}, *words) == (0, "")
    made = json.loads((tmp_path / "out" / "adb.json").read_text())
    about = {"device": "Acme Phone 9", "cpu": "SM9000", "cores": 8, "memory_bytes": 7812345 * 1024}
    assert made["hardware"] == about | {"instructions": ["asimd", "asimddp"], "dot_products": True}
    measured = made["rows"][0]
    assert measured["samples_ms"] == [1.001, 1.002, 1.003, 1.004]
    assert (measured["load_ms"], measured["first_ms"], measured["threads"]) == (5.685, 18.535, 3)
    assert measured["throttled"] and measured["readings"][0] | {"at_s": 0} == {
        **{"at_s": 0, "thermal": "severe", "battery_percent": 81, "celsius": 30.5, "charging": True},
        "background_percent": 3.4,
    }
    runs = [command for command in commands(tmp_path) if any("--graph" in word for word in command)]
    assert len(runs) == 4
    for flag in ("--num_runs=1", "--num_threads=3", "--input_layer_shape=1,64,64,3", "--use_xnnpack=true"):
        assert flag in runs[0]
    pushed = [command[3] for command in commands(tmp_path) if "push" in command]
    assert pushed == [str(program), str(tmp_path / "model.tflite")]


def test_a_model_that_benchmark_model_refuses_is_a_failed_row(measure: Measure, tmp_path: Path) -> None:
    save_tflite(tmp_path)
    program = tmp_path / "benchmark_model"
    program.write_text("program")
    code, line = measure(PHONE | {"broken": True}, "--benchmark-model", program, "--sizes", "64", "--iterations", "2")
    assert code == 1 and "benchmark_model: ERROR: Failed to initialize" in line


def test_no_program_and_no_file_are_named(measure: Measure, tmp_path: Path) -> None:
    assert "none" in measure(PHONE, "--benchmark-model", Path("none"))[1]
    (tmp_path / "benchmark_model").write_text("program")
    assert "no .tflite file" in measure(PHONE, "--benchmark-model", tmp_path / "benchmark_model")[1]


def test_without_adb_it_says_how_to_get_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert exit_code(main, "--device", "adb", "--from", tmp_path) == 2
    assert re.fullmatch(r"error: --device adb: .*PATH.*apt-get install adb.*\n", capsys.readouterr().err)


@pytest.mark.skipif(shutil.which("adb") is None, reason="no adb is installed here")
def test_real_adb_without_a_device(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    if "\t" in subprocess.run(["adb", "devices"], capture_output=True, text=True, check=True).stdout:
        pytest.skip("a phone is connected")
    assert exit_code(main, "--device", "adb", "--from", tmp_path) == 2
    subprocess.run(["adb", "kill-server"], check=True)
    assert capsys.readouterr().err == (
        "error: --device adb: no device; connect a phone by USB with USB debugging switched on\n"
    )


def test_an_iphones_export_is_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    export = tmp_path / "export.json"
    for by, code in (("ios", 0), ("android", 2)):
        export.write_text(json.dumps(run(row([1.0]), by=by)))
        assert exit_code(main, "--device", "ios", "--export", export, "--from", tmp_path) == code
    assert "'android'" in capsys.readouterr().err
    assert json.loads((tmp_path / "ios.json").read_text())["by"] == "ios"


@pytest.mark.skipif(sys.platform == "darwin", reason="a Mac has devicectl")
def test_off_a_mac_the_iphone_is_not_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_code(main, "--device", "ios", "--from", tmp_path) == 2
    said = capsys.readouterr().err
    assert "not run" in said and "xcrun" in said and "--export FILE" in said


DEVICECTL = """#!/bin/sh
echo "$@" >> {log}
while [ $# -gt 0 ]; do
  [ "$1" = --json-output ] && cp {devices} "$2"
  [ "$1" = --destination ] && cp {result} "$2"
  shift
done
"""


def test_a_mac_fetches_it_out_of_the_app(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    connected = {"identifier": "00008110-A", "connectionProperties": {"pairingState": "paired"}}
    away = {"identifier": "00008110-B", "connectionProperties": {"pairingState": "unpaired"}}
    devices, result, log = (tmp_path / name for name in ("devices.json", "result.json", "log"))
    devices.write_text(json.dumps({"result": {"devices": [connected, away]}}))
    result.write_text(json.dumps(run(row([1.0]), by="ios")))
    (tmp_path / "xcrun").write_text(DEVICECTL.format(log=log, devices=devices, result=result))
    (tmp_path / "xcrun").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    monkeypatch.setattr(ios.platform, "system", lambda: "Darwin")
    assert ios.read_ios(None).by == "ios"
    copy = log.read_text().splitlines()[1]
    wanted = "devicectl device copy from --device 00008110-A --domain-type appDataContainer"
    assert copy.startswith(f"{wanted} --domain-identifier org.pix2phone.demo --source Documents/benchmark.json")
