"""The golden files equal the code's present output: python tests/golden/write.py writes them again."""

import importlib.util
import json
from pathlib import Path

FOLDER = Path(__file__).parent


def test_golden_files_are_what_python_makes() -> None:
    spec = importlib.util.spec_from_file_location("golden_write", FOLDER / "write.py")
    assert spec and spec.loader
    write = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(write)
    for name, content in write.contents().items():
        text = (FOLDER / name).read_text()
        assert json.loads(text) == json.loads(json.dumps(content)), f"{name}: python tests/golden/write.py"
        assert len(text) < 30_000
