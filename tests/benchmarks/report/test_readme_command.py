"""`python -m benchmarks.report.readme` for real: tables and pictures, from records and a file that paints."""

from pathlib import Path

import numpy as np
import pytest
from made_files import exit_code, save_student

from benchmarks.report import readme
from benchmarks.students import records
from compress.graph import export_graph
from compress.load import load
from convert.litert.write import write_tflite
from convert.metadata import write_tflite_metadata
from pix2phone.artefacts import write_json
from pix2phone.pictures import read_picture
from train.metrics import psnr

pytestmark = pytest.mark.converter

PAGES = {"README.md": ("results",), "docs/convert.md": ("parity",), "docs/students.md": tuple(readme.BLOCKS.values())}


@pytest.fixture
def page(tmp_path: Path) -> Path:
    """A README whose pages have marks and nothing else, and in shipped/ what `python -m convert` leaves."""
    for name, blocks in PAGES.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        marks = "\n".join(f"<!-- {block}:begin -->\nas it was\n<!-- {block}:end -->" for block in blocks)
        (tmp_path / name).write_text(f"above\n{marks}\nbelow\n")
    network = load(save_student(tmp_path / "small.safetensors", with_int8=True))
    file = tmp_path / "shipped" / "model-int8.tflite"
    write_json(file.with_name("converted.json"), {"rows": []})
    write_tflite(export_graph(network.folded), file, "int8", network.ranges)
    write_tflite_metadata(file, {"multiple": network.folded.spec.multiple})
    return tmp_path / "README.md"


def run(page: Path, results: Path) -> int | str | None:
    return exit_code(readme.main, "--from", page.parent / "shipped", "--readme", page, "--results", results)


def test_tables_and_pictures_are_put_into_the_pages(page: Path) -> None:
    for _ in range(2):  # the second time changes nothing
        assert run(page, records.RESULTS) == 0
    texts = {name: (page.parent / name).read_text() for name in PAGES}
    for text in texts.values():
        assert text.startswith("above\n") and text.endswith("below\n") and "as it was" not in text
    assert texts["README.md"].count("| network |") == 1
    assert texts["docs/students.md"].count("Measured ") == len(records.read_records())
    assert (page.parent / "docs" / "front.svg").read_text().startswith("<svg")
    sheet = read_picture(page.parent / "docs" / "before-after.jpg")
    side, step = readme.PANEL, readme.PANEL + readme.GUTTER
    assert sheet.shape == (2 * step - readme.GUTTER, len(readme.CROPS) * step - readme.GUTTER, 3)
    for column in range(len(readme.CROPS)):
        photo, painted = (sheet[top : top + side, column * step : column * step + side] for top in (0, step))
        assert 8 < psnr(np.ascontiguousarray(photo), np.ascontiguousarray(painted)) < 40


def test_without_a_record_it_says_how_to_get_one(page: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = page.read_text()
    assert run(page, page.parent / "nowhere") == 2
    assert "--results" in capsys.readouterr().err and page.read_text() == before
