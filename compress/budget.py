"""The largest cost of a network, as `--budget` gives it."""

import re
from dataclasses import dataclass

from pix2phone.errors import UserError
from pix2phone.processor import WITH, WITHOUT, describe, has_dot_products, this_processor

FORM = re.compile(r"(?P<share>\d+(\.\d+)?)%|(?P<ms>\d+(\.\d+)?)ms(@(?P<side>\d+))?")
DEFAULT_SIDE, LEAST_SIDE, GREATEST_SIDE = 512, 32, 4096


@dataclass(frozen=True)
class Budget:
    """`share` (0 to 1) of the multiply-accumulates, or else `ms` milliseconds on `side` x `side` pixels."""

    share: float | None = None
    ms: float | None = None
    side: int = DEFAULT_SIDE

    def __str__(self) -> str:
        return f"{self.ms:g}ms@{self.side}" if self.share is None else f"{self.share * 100:g}%"


def where_it_holds(budget: Budget) -> str:
    """One line: the machine of a budget's milliseconds, and an int8 file's time on the other kind of processor."""
    here = this_processor()
    others = {
        True: f"; processors {WITHOUT} take three to four times as long for an int8 file",
        False: f"; processors {WITH} take a third to a quarter of it for an int8 file",
        None: "",
    }
    return f"--budget: {budget} on {describe(here)}{others[has_dot_products(here)]}"


def parse_budget(text: str) -> Budget:
    """`40%`, `5ms@512`, or `5ms`, which means at 512. Raises UserError for anything else or out of range."""
    form = FORM.fullmatch(text)
    if form is None:
        raise UserError(f"--budget: {text}: no budget; write 40% (of the multiply-accumulates) or 5ms@512")
    if form["share"]:
        if not 0 < float(form["share"]) < 100:
            raise UserError(f"--budget: {text}: must be between 0% and 100%")
        return Budget(share=float(form["share"]) / 100)
    budget = Budget(ms=float(form["ms"]), side=int(form["side"] or DEFAULT_SIDE))
    if not budget.ms:
        raise UserError(f"--budget: {text}: must be more than 0 ms")
    if not LEAST_SIDE <= budget.side <= GREATEST_SIDE:
        raise UserError(f"--budget: {text}: the side must be between {LEAST_SIDE} and {GREATEST_SIDE} pixels")
    return budget
