"""A run that is as the schema says passes; every way of not being so is one line that says where."""

import json
import math
import re
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from benchmark_runs import not_run, row, run
from jsonschema import Draft202012Validator

from benchmarks.quality.fidelity import MEASURES
from benchmarks.records.quality import Measures
from benchmarks.schema import SCHEMA, parse_run, read_run, text
from pix2phone.errors import UserError

ROOT = Path(__file__).parents[2]


def test_the_schema_is_what_the_models_generate() -> None:
    assert SCHEMA.read_text(encoding="utf-8") == text(), "python -m benchmarks.schema writes it anew"
    Draft202012Validator.check_schema(json.loads(SCHEMA.read_text()))


def test_measures_have_a_field_each() -> None:
    assert set(Measures.model_fields) == set(MEASURES)


def test_a_committed_run_of_before_the_models_is_read_as_it_is() -> None:
    content = json.loads((ROOT / "results" / "benchmarks.json").read_text())
    read = parse_run(content, "results").plain()
    if content["by"] == "desk":
        content["by"], content["estimates"]["host"] = "host", content["estimates"].pop("desk")
    assert read == content
    assert not list(Draft202012Validator(json.loads(SCHEMA.read_text())).iter_errors(content))


def test_a_phones_run_passes(tmp_path: Path) -> None:
    first, last = {"at_s": 5, "median_ms": 2.0, "runs": 9}, {"at_s": 10, "median_ms": 2.5, "runs": 9}
    curve = [first | {"thermal": "nominal"}, last | {"thermal": "severe"}]
    reading = {"at_s": 1.5, "background_percent": 3, "battery_percent": 80, "charging": False, "celsius": 31.5}
    full = row([1.0, 2.0, 3.0], sustained=curve, throttled=True, readings=[reading], first_ms=4.0, load_ms=9.0)
    path = tmp_path / "phone.json"
    path.write_text(json.dumps(run(full, not_run("no NPU here"))))
    assert read_run(path).rows[0].throttled


def changed(*path: Any, to: Any) -> dict[str, Any]:
    """A sound run with one value changed; None: removed."""
    made = deepcopy(run(row([1.0, 2.0, 6.0]), not_run("no GPU")))
    place = made
    for key in path[:-1]:
        place = place[key]
    if to is None:
        del place[path[-1]]
    else:
        place[path[-1]] = to
    return made


@pytest.mark.parametrize(
    ("broken", "where"),
    [
        (changed("by", to="toaster"), r"\$\.by: .*'toaster'"),
        (changed("format", to=1), r"\$\.format: .*\(1\)"),
        (changed("hardware", to={}), r"\$\.hardware"),
        (changed("surprise", to=1), r"\$\.surprise"),
        (changed("rows", 0, "samples_ms", to=[]), r"\$\.rows\[0\]\.samples_ms"),
        (changed("rows", 0, "samples_ms", to=None), r"\$\.rows\[0\] .*: samples_ms is missing"),
        (changed("rows", 0, "samples_ms", 1, to=-1.0), r"rows\[0\]\.samples_ms\[1\]: .*\(-1\.0\)"),
        (changed("rows", 0, "reason", to="none"), r"\$\.rows\[0\]"),
        (changed("rows", 1, "reason", to=None), r"\$\.rows\[1\] .*: reason is missing"),
        (changed("rows", 1, "reason", to="two\nlines"), r"\$\.rows\[1\]\.reason"),
        (changed("rows", 0, "status", to="fine"), r"\$\.rows\[0\]\.status: .*'fine'"),
        (changed("rows", 0, "file", to="other.tflite"), r"\$\.rows\[0\] .* file 'other.tflite' is not among"),
        (changed("rows", 0, "statistics_ms", "median", to=2.5), r"median is 2.5, but its samples give 2"),
        (changed("rows", 0, "samples_ms", 1, to=math.nan), r"\$\.rows\[0\]\.samples_ms\[1\]: .*nan"),
        (changed("rows", 0, "statistics_ms", "median", to=math.nan), r"\$\.rows\[0\]\.statistics_ms\.median: .*nan"),
        (changed("rows", 0, "threads", to=None) | {"disturbed": None}, r"\$\.disturbed: .*null"),
        (changed("rows", 0, "threads", to="2"), r"\$\.rows\[0\]\.threads"),
        (changed("settings", "trim_percent", to=50), r"\$\.settings\.trim_percent"),
        ([], r"\$: "),
    ],
)
def test_what_is_wrong_is_one_line_that_says_where(broken: Any, where: str) -> None:
    with pytest.raises(UserError, match=rf"^phone\.json: .*{where}") as error:
        parse_run(broken, "phone.json")
    assert "\n" not in str(error.value)


def test_a_curve_that_runs_backwards_is_refused() -> None:
    curve = [{"at_s": 5, "median_ms": 2.0, "runs": 9}, {"at_s": 4, "median_ms": 2.5, "runs": 9}]
    with pytest.raises(UserError, match="sustained curve"):
        parse_run(run(row([1.0], sustained=curve)), "phone.json")


def test_a_broken_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text("{")
    for name in ("a.json", "none.json"):
        with pytest.raises(UserError, match=name):
            read_run(tmp_path / name)


def test_the_example_in_the_docs_passes() -> None:
    page = (ROOT / "docs" / "benchmarks.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"```json\n(.*?)```", page, re.DOTALL)
    parse_run(json.loads(example), "docs/benchmarks.md")
