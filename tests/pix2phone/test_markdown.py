"""Figures are put between the marks of a page, and nothing else of it changes."""

from pathlib import Path

import pytest

from pix2phone.errors import UserError
from pix2phone.markdown import markdown_table, put_between_marks


def test_only_what_stands_between_the_named_marks_changes(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("a <!-- one:begin -->old<!-- one:end --> b <!-- two:begin -->kept<!-- two:end --> c")
    put_between_marks(page, "one", "new\n")
    wanted = "a <!-- one:begin -->\n\nnew\n\n<!-- one:end --> b <!-- two:begin -->kept<!-- two:end --> c"
    assert page.read_text() == wanted
    put_between_marks(page, "one", "new\n")
    assert page.read_text() == wanted


@pytest.mark.parametrize("text", ["none", "<!-- one:begin --> no end", 2 * "<!-- one:begin --><!-- one:end -->"])
def test_a_page_without_the_marks_is_left_alone(text: str, tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(text)
    with pytest.raises(UserError, match="once each"):
        put_between_marks(page, "one", "table")
    assert page.read_text() == text


def test_no_page_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"none\.md: "):
        put_between_marks(tmp_path / "none.md", "one", "table")


def test_bars_in_cells_do_not_break_the_table() -> None:
    assert markdown_table([["a", "b"], ["c|d", "1"]]) == "| a | b |\n| --- | ---: |\n| c/d | 1 |"
