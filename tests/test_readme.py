"""README and docs match the code: every command they show takes the flags it shows, every link leads somewhere."""

import re
import subprocess
import sys
from functools import cache
from itertools import chain
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
README, STAGES = ROOT / "README.md", ROOT / "docs" / "stages.md"
PAGES = [README, *sorted((ROOT / "docs").glob("*.md")), ROOT / "results" / "README.md"]
TEXTS = {page: page.read_text() for page in PAGES}
COMMAND = re.compile(r"python -m ((?:train|compress|convert|benchmarks)[\w.]*(?: [^`#\n→]*)?)")
COMMANDS = sorted(set(chain.from_iterable(COMMAND.findall(text) for text in TEXTS.values())))
LINKS = sorted({(page, link) for page, text in TEXTS.items() for link in re.findall(r"\]\(((?!https?:)[^)]+)\)", text)})
TARGETS = sorted({one or other for one, other in re.findall(r"make ([\w-]+)`|^make ([\w-]+)", TEXTS[README], re.M)})


@cache
def usage(module: str) -> str:
    return subprocess.run(
        [sys.executable, "-m", module, "--help"], capture_output=True, text=True, check=True, cwd=ROOT
    ).stdout


def shown(page: Path) -> set[str]:
    return {command.split()[0] for command in COMMAND.findall(TEXTS[page])}


def test_readme_shows_how_to_begin_and_the_stages_have_their_page() -> None:
    assert {"train", "convert.run"} <= shown(README)
    assert {"train", "compress", "convert", "benchmarks"} <= shown(STAGES)


def test_readme_is_one_screen_or_two() -> None:
    assert len(TEXTS[README].splitlines()) <= 90


@pytest.mark.parametrize("command", COMMANDS)
def test_flags_exist(command: str) -> None:
    module, *words = command.split()
    for flag in (word.strip("(),.") for word in words if word.startswith("--")):
        assert re.search(rf"(?<![\w-]){flag}(?![\w-])", usage(module)), f"python -m {module} has no {flag}"


@pytest.mark.parametrize(("page", "link"), LINKS, ids=[f"{page.name}-{link}" for page, link in LINKS])
def test_links_lead_somewhere(page: Path, link: str) -> None:
    file, _, anchor = link.partition("#")
    target = (page.parent / file).resolve() if file else page
    assert target.exists()
    if anchor:
        assert anchor in anchors(target)


def anchors(page: Path) -> set[str]:
    """Of its headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(), re.M)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("target", TARGETS)
def test_make_targets_exist(target: str) -> None:
    assert re.search(rf"^{target}:", (ROOT / "Makefile").read_text(), re.M)
