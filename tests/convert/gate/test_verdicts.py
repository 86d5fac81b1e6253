"""Verdicts of files from their cells: one each, and a matrix of all sizes."""

from dataclasses import asdict

import pytest

from convert.gate.parity import Cell
from convert.gate.verdicts import matrix, report, summary


@pytest.mark.parametrize(
    ("verdicts", "verdict"),
    [
        (["passed", "passed"], "passed"),
        (["passed", "not run"], "not run"),
        (["passed", "not run", "failed"], "failed"),
    ],
)
def test_the_worst_verdict_and_its_reason_count(verdicts: list[str], verdict: str) -> None:
    cells = [Cell("64x64", each, "" if each == "passed" else f"{each}, why") for each in verdicts]
    found = summary(cells)
    assert (found["verdict"], found["reason"]) == (verdict, "" if verdict == "passed" else f"{verdict}, why")


def row(file: str, *sizes: str) -> dict:
    cells = [Cell(size, "passed", psnr=40.0 + place, worst_tile=40.0, largest=1) for place, size in enumerate(sizes)]
    named = {"file": file, "target": "coreml", "precision": "float16", "bytes": 1000, "where": None, "refused": False}
    return named | summary(cells) | {"cells": [asdict(cell) for cell in cells]}


def test_matrix_has_each_size_once_and_gaps_where_a_file_was_cut_to_others() -> None:
    tiny, other = row("Model.mlpackage", "1x1"), row("model.onnx", "97x61", "1x1")
    unmade = other | {"file": "model-int8.onnx", "cells": [asdict(Cell("", "not run", "no int8 step"))]}
    run, at_sizes = matrix([tiny, other, unmade])
    assert [each["file"] for each in run] == ["Model.mlpackage", "model.onnx"]
    figures = {size: [cell and cell["psnr"] for cell in cells] for size, cells in at_sizes.items()}
    assert figures == {"97x61": [None, 40.0], "1x1": [40.0, 41.0]}


def test_report_prints_the_gap(tmp_path, capsys: pytest.CaptureFixture[str]) -> None:
    report([row("Model.mlpackage", "1x1"), row("model.onnx", "97x61", "1x1")], tmp_path)
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert ["97x61", "-", "40.0"] in [[word for word in line if word not in "│┃|"] for line in lines]
