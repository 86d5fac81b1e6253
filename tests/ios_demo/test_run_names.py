"""The JSON that Core writes has the names of benchmarks/schema.json, and all that it asks for."""

import json
from typing import Any

import pytest
from swift_code import CORE, cases, properties, types

from benchmarks.records.run import FORMAT
from benchmarks.schema import SCHEMA

schema = json.loads(SCHEMA.read_text())
defined = schema["$defs"]
TYPES = {
    "BenchmarkRun": schema,
    "Hardware": defined["Hardware"],
    "OperatingSystem": defined["OperatingSystem"],
    "RunSettings": defined["Settings"],
    "PictureSize": defined["PictureSize"],
    "MadeFile": defined["NetworkFile"],
    "Row": defined["Row"],
    "Statistics": defined["Statistics"],
    "Reading": defined["Reading"],
    "CurvePoint": defined["CurvePoint"],
}


@pytest.mark.parametrize("name", TYPES)
def test_names(name: str) -> None:
    part: dict[str, Any] = TYPES[name]
    found = types()
    own = properties(found[name])
    keys = (
        cases(found[f"{name}.CodingKeys"])
        if f"{name}.CodingKeys" in found
        else {own_name: own_name for own_name in own}
    )
    assert list(keys) == list(own), "a property without a key is not written"
    assert set(keys.values()) <= set(part["properties"])
    assert set(part.get("required", ())) <= {keys[own_name] for own_name, is_optional in own.items() if not is_optional}


def test_texts_that_are_chosen_from_a_list() -> None:
    found = types()
    assert set(cases(found["ThermalLevel"]).values()) <= set(defined["Reading"]["properties"]["thermal"]["enum"])
    assert set(cases(found["Row.Status"]).values()) <= set(defined["Row"]["properties"]["status"]["enum"])
    run, row = (CORE / "BenchmarkRun.swift").read_text(), (CORE / "Row.swift").read_text()
    assert f"format = {FORMAT}\n" in run and 'by = "ios"\n' in run
    assert 'group = "made"\n' in row and 'weights = "trained"\n' in row
