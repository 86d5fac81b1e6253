"""`--budget`: accepted values, and one line for others."""

import pytest

from compress.budget import Budget, parse_budget
from pix2phone.errors import UserError


@pytest.mark.parametrize(
    ("text", "budget"),
    [
        ("40%", Budget(share=0.4)),
        ("12.5%", Budget(share=0.125)),
        ("5ms@512", Budget(ms=5.0, side=512)),
        ("0.8ms@1024", Budget(ms=0.8, side=1024)),
        ("5ms", Budget(ms=5.0, side=512)),
    ],
)
def test_budget_is_read(text: str, budget: Budget) -> None:
    assert parse_budget(text) == budget
    assert parse_budget(str(budget)) == budget


@pytest.mark.parametrize("text", ["", "5", "40 %", "-5%", "0%", "100%", "0ms@512", "5ms@", "5ms@9", "5ms@99999", "x%"])
def test_what_is_no_budget_is_one_line_with_the_flag_and_the_value(text: str) -> None:
    with pytest.raises(UserError, match="^--budget: ") as error:
        parse_budget(text)
    assert f": {text}: " in str(error.value) and "\n" not in str(error.value)
