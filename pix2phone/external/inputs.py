"""Networks with more inputs or outputs than one picture: the picture's, and the values of the others."""

from collections.abc import Sequence

import numpy as np

from pix2phone.errors import UserError
from pix2phone.external.convention import Convention, numbers
from pix2phone.runtimes.session import TensorInfo


def share(inputs: Sequence[TensorInfo], said: Convention) -> tuple[TensorInfo, dict[str, np.ndarray]]:
    """The input that takes the picture, and the value in `said` of each of the others.

    UserError, without the file's name, where not all but one are given or values do not fit.
    """
    given, listed, flag = said.given, ", ".join(map(str, inputs)), said.flag("input")
    if unknown := [name for name in given if name not in [one.name for one in inputs]]:
        raise UserError(f"{flag}: {unknown[0]}: no such input; it takes {listed}")
    pictures = [one for one in inputs if one.name not in given]
    if len(pictures) != 1:
        one = "give" if pictures else "give no values for one of them, the picture, and"
        raise UserError(f"takes {listed}; {one} all but the picture values by {flag} NAME=VALUES")
    return pictures[0], {one.name: _filled(one, given[one.name], flag) for one in inputs if one.name in given}


def choose_output(outputs: Sequence[TensorInfo], said: Convention) -> int:
    """The place of the output that is the picture. UserError, without the file's name, where that is not said."""
    names, flag = [one.name for one in outputs], said.flag("output")
    if said.output is None and len(outputs) == 1:
        return 0
    if said.output not in names:
        what = "gives" if said.output is None else f"{flag}: {said.output}: no such output; it gives"
        raise UserError(f"{what} {', '.join(map(str, outputs))}; name the picture by {flag} NAME")
    return names.index(said.output)


def _filled(tensor: TensorInfo, text: str, flag: str) -> np.ndarray:
    """The values in `text`, such as "0,0,1" or "2:0.5,7:0.5" (all others 0), in the shape of `tensor`."""
    free = [not isinstance(side, int) or side < 1 for side in tensor.shape]
    sides = [1 if is_free else int(side or 1) for side, is_free in zip(tensor.shape, free, strict=True)]
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
        return filled.reshape(sides).astype(tensor.dtype)
    except (ValueError, IndexError, TypeError):
        form = f"{count} numbers with commas" if not any(free) else "numbers with commas"
        raise UserError(
            f"{flag}: {tensor.name}={text}: {tensor} takes {form}, or INDEX:VALUE with all others 0"
        ) from None
