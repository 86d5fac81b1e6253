"""Networks with more ends than one picture in and one out: which is the picture, what other inputs are given."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from pix2phone.errors import UserError
from train.styles.convention import Convention, numbers

Shape = list[int | str | None]


class End(NamedTuple):
    """An input or output: `shape` has no number where that is free, `kind` is numpy's name of its type."""

    name: str
    shape: Shape
    kind: str

    def __str__(self) -> str:
        return f"{self.name} ({'x'.join(str(side or '?') for side in self.shape) or 'a number'})"


def share(ends: Sequence[End], said: Convention) -> tuple[End, dict[str, np.ndarray]]:
    """The input that takes the picture, and what `said` gives to each of the others.

    UserError, without the file's name, where not all but one are given or values do not fit.
    """
    given, listed, flag = said.given, ", ".join(map(str, ends)), said.flag("input")
    if unknown := [name for name in given if name not in [end.name for end in ends]]:
        raise UserError(f"{flag}: {unknown[0]}: no such input; it takes {listed}")
    pictures = [end for end in ends if end.name not in given]
    if len(pictures) != 1:
        one = "give" if pictures else "give no values for one of them, the picture, and"
        raise UserError(f"takes {listed}; {one} all but the picture values by {flag} NAME=VALUES")
    return pictures[0], {end.name: _filled(end, given[end.name], flag) for end in ends if end.name in given}


def choose_output(ends: Sequence[End], said: Convention) -> int:
    """The place of the output that is the picture. UserError, without the file's name, where that is not said."""
    names, flag = [end.name for end in ends], said.flag("output")
    if said.output is None and len(ends) == 1:
        return 0
    if said.output not in names:
        what = "gives" if said.output is None else f"{flag}: {said.output}: no such output; it gives"
        raise UserError(f"{what} {', '.join(map(str, ends))}; name the picture by {flag} NAME")
    return names.index(said.output)


def _filled(end: End, text: str, flag: str) -> np.ndarray:
    """The values in `text`, such as "0,0,1" or "2:0.5,7:0.5" (all others 0), in the shape of `end`."""
    free = [not isinstance(side, int) or side < 1 for side in end.shape]
    sides = [1 if is_free else int(side or 1) for side, is_free in zip(end.shape, free, strict=True)]
    count = int(np.prod(sides))
    try:
        if ":" in text:
            places, values = zip(*(pair.split(":") for pair in text.split(",")), strict=True)
            filled = np.zeros(count)
            filled[[range(count)[int(place)] for place in places]] = numbers(list(values))
        else:
            filled = np.array(numbers(text.split(",")))
            if sum(free) == 1 and filled.size:
                sides[free.index(True)] = filled.size // count
        return filled.reshape(sides).astype(end.kind)
    except (ValueError, IndexError, TypeError):
        form = f"{count} numbers with commas" if not any(free) else "numbers with commas"
        raise UserError(f"{flag}: {end.name}={text}: {end} takes {form}, or INDEX:VALUE with all others 0") from None
