"""README holds what the code does: every command it shows takes the flags it shows."""

import re
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
TEXT = (ROOT / "README.md").read_text()
COMMANDS = sorted(set(re.findall(r"python -m ((?:train|compress|convert|benchmarks)[\w.]*(?: [^`#\n→]*)?)", TEXT)))


@cache
def usage(module: str) -> str:
    return subprocess.run(
        [sys.executable, "-m", module, "--help"], capture_output=True, text=True, check=True, cwd=ROOT
    ).stdout


def test_readme_shows_the_four_stages_and_run() -> None:
    shown = {command.split()[0] for command in COMMANDS}
    assert {"train", "compress", "convert", "benchmarks", "convert.run"} <= shown


@pytest.mark.parametrize("command", COMMANDS)
def test_flags_exist(command: str) -> None:
    module, *words = command.split()
    for flag in (word for word in words if word.startswith("--")):
        assert re.search(rf"(?<![\w-]){flag}(?![\w-])", usage(module)), f"python -m {module} has no {flag}"


@pytest.mark.parametrize("target", sorted(set(re.findall(r"\]\(((?!https?:)[^)#]+)\)", TEXT))))
def test_links_lead_somewhere(target: str) -> None:
    assert (ROOT / target).exists()


@pytest.mark.parametrize("name", sorted(set(re.findall(r"make (\w+)`|^make (\w+)", TEXT, re.M))))
def test_make_targets_exist(name: tuple[str, str]) -> None:
    target = name[0] or name[1]
    assert re.search(rf"^{target}:", (ROOT / "Makefile").read_text(), re.M)
