"""python -m benchmarks.schema: write benchmarks/schema.json, the form of a run, from the models of its records.

The phone apps validate against that file; this host reads and checks a run with the models themselves.
"""

import json
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue

from benchmarks.records.base import RecordModel
from benchmarks.records.row import Row
from benchmarks.records.run import FORMAT, Run
from benchmarks.timing.statistics import figures
from pix2phone.artefacts import read_json, replacing
from pix2phone.errors import OneLineParser, UserError, run_command

SCHEMA = Path(__file__).with_name("schema.json")
TOLERANCE = 0.01  # by which a phone's own statistics may differ from ours of the same samples
Model = TypeVar("Model", bound=RecordModel)
SHOWN = 80  # characters of a wrong value


def read_run(path: Path) -> Run:
    """The run in the file `path`. UserError, one line, when it is missing, broken, or violates the schema."""
    return parse_run(read_json(path), str(path))


def parse_run(content: Any, name: str) -> Run:
    """The run that `content`, plain JSON, is. UserError that calls it `name` and says where in it what is wrong."""
    run = parse_record(Run, content, name, SCHEMA.name)
    for number, why in chain(run.contradictions(), _wrong_statistics(run)):  # the first: only then are there samples
        raise UserError(f"{name}: $.rows[{number}] ({run.rows[number].system}): {why}; see {SCHEMA.name}")
    return run


def parse_record(model: type[Model], content: Any, name: str, where: str) -> Model:
    """The record that `content`, plain JSON, is. UserError as by `parse_run`; `where` the form can be looked up."""
    try:
        return model.model_validate(content)
    except ValidationError as error:
        raise UserError(f"{name}: {_innermost(error)}; see {where}") from None


def _innermost(error: ValidationError) -> str:
    """Path and message of the deepest error: $.rows[0].samples_ms: Field required."""
    wrong = max(error.errors(include_url=False), key=lambda entry: len(entry["loc"]))
    where = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in wrong["loc"])
    value = repr(wrong["input"])
    given = f" ({value})" if len(value) <= SHOWN and wrong["type"] != "missing" else ""
    return f"${where}: {wrong['msg'].splitlines()[0]}{given}"


def _wrong_statistics(run: Run) -> Iterator[tuple[int, str]]:
    """Index and reason of rows whose statistics differ from those of their samples."""
    found = ((number, _unlike(row, run.settings.trim_percent)) for number, row in enumerate(run.rows))
    return ((number, why) for number, why in found if why)


def _unlike(row: Row, trim_percent: float) -> str:
    if row.status != "measured":
        return ""
    for name, value in figures(row.samples, trim_percent).items():
        theirs = getattr(row.statistics, name)
        if not abs(value - theirs) <= TOLERANCE * row.statistics.median:
            return f"statistics_ms.{name} is {theirs:g}, but its samples give {value:g}"
    return ""


class _Generator(GenerateJsonSchema):
    """Optional fields are not nullable, and titles that repeat names are left out."""

    def nullable_schema(self, schema: Any) -> JsonSchemaValue:
        return self.generate_inner(schema["schema"])

    def default_schema(self, schema: Any) -> JsonSchemaValue:
        made = super().default_schema(schema)
        return {name: value for name, value in made.items() if not (name == "default" and value is None)}

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False


def generate() -> dict[str, Any]:
    """The JSON Schema of a run, draft 2020-12."""
    head = {"$schema": GenerateJsonSchema.schema_dialect, "$id": f"urn:pix2phone:benchmark-run:{FORMAT}"}
    return head | Run.model_json_schema(schema_generator=_Generator)


def text() -> str:
    """The text of schema.json."""
    return json.dumps(generate(), indent=2, ensure_ascii=False) + "\n"


def main() -> None:
    """Parse, write, print the path."""
    OneLineParser(prog="python -m benchmarks.schema", description=__doc__).parse_args()
    with replacing(SCHEMA) as temporary:
        temporary.write_text(text(), encoding="utf-8")
    print(f"wrote {SCHEMA}")


if __name__ == "__main__":
    run_command(main)
