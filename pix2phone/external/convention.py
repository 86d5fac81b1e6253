"""How a network that was made elsewhere takes and gives pictures, as plain data; reading it needs no heavy library."""

import argparse
import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from typing import Any, NamedTuple

from pix2phone.errors import UserError

RANGES = {"0..1": (0.0, 1.0), "-1..1": (-1.0, 1.0), "0..255": (0.0, 255.0)}
LAYOUTS = ("nchw", "nhwc")
RANGE = re.compile(r"(.+)\.\.(.+)")
Colour = tuple[float, float, float]


class Affine(NamedTuple):
    """value * scale + shift, for each channel in the network's own order."""

    scale: Colour
    shift: Colour


@dataclass(frozen=True)
class Convention:
    """The given convention of a network, as in the flags; None where not given.

    A pixel p in [0, 1] goes in as (low + (high - low) * p - mean) / std. `input_range` is "LOW..HIGH"; `mean` and `std`
    are a number or three with commas, in the network's own order of channels: blue, green, red where it is `bgr`.
    The output is read by the same rule, or as plain numbers of an `output_range` that differs.
    `inputs` are "NAME=VALUES" for all inputs but the picture, `output` is the name of the one that is the picture.
    `prefix` is the beginning of the flags' names. UserError for impossible values, which names the flag.
    """

    layout: str | None = None
    input_range: str | None = None
    output_range: str | None = None
    mean: str | None = None
    std: str | None = None
    bgr: bool = False
    inputs: Sequence[str] = ()
    output: str | None = None
    prefix: str = "--"

    def __post_init__(self) -> None:
        object.__setattr__(self, "inputs", tuple(self.inputs))  # JSON has lists
        checks: dict[str, Callable[[str], Any]] = {"layout": _layout, "mean": _colour, "std": _divisors}
        for name, check in {**checks, "input_range": _limits, "output_range": _limits}.items():
            _check(self.flag(name), getattr(self, name), check)
        for text in self.inputs:
            if not all(text.partition("=")):
                raise UserError(f"{self.flag('input')}: {text}: must be NAME=VALUES, such as weights=0,0,1")

    def flag(self, name: str) -> str:
        """The flag that says the field `name`."""
        return self.prefix + name.replace("_", "-")

    @property
    def flags(self) -> str:
        """The flags of the value range, for remedies."""
        return ", ".join(map(self.flag, ("input_range", "output_range", "mean", "std", "bgr")))

    @property
    def typed(self) -> str:
        """The first flag that says something, with its value as far as it has one."""
        name, value = next(iter(self.stated.items()))
        if name == "input_range" and value == self.output_range:
            name = "range"
        if name == "inputs":
            name, value = "input", value[0]
        return self.flag(name) if value is True else f"{self.flag(name)}: {value}"

    @property
    def given(self) -> dict[str, str]:
        """The values, as text, of inputs by their names."""
        return {name: values for name, _, values in (text.partition("=") for text in self.inputs)}

    @property
    def entry(self) -> Affine:
        """From [0, 1] to the network's input range."""
        low, high = _limits(self.input_range or "0..1")
        channels = zip(_colour(self.mean or "0"), _divisors(self.std or "1"), strict=True)
        pairs = [((high - low) / std, (low - mean) / std) for mean, std in channels]
        return _affine(pairs)

    @property
    def exit(self) -> Affine:
        """From the network's output range to [0, 1]."""
        if self.output_range is None:
            return _affine([(1 / scale, -shift / scale) for scale, shift in zip(*self.entry, strict=True)])
        low, high = _limits(self.output_range)
        return _affine([(1 / (high - low), -low / (high - low))] * 3)

    @property
    def stated(self) -> dict[str, Any]:
        """All that is said, but how the flags begin."""
        said = {field.name: getattr(self, field.name) for field in fields(self) if field.name != "prefix"}
        return {name: list(value) if name == "inputs" else value for name, value in said.items() if value}

    def __str__(self) -> str:
        entry, scaled = self.input_range or "0..1", [f"{name} {value}" for name, value in self._scales()]
        result = "out as in" if self.output_range is None else f"{self.output_range} out"
        return ", ".join([f"{entry} in", *scaled, result, "BGR" if self.bgr else "RGB"])

    def _scales(self) -> list[tuple[str, str]]:
        return [(name, value) for name, value in (("mean", self.mean), ("std", self.std)) if value]


def _check(flag: str, value: str | None, check: Callable[[str], Any]) -> None:
    try:
        if value is not None:
            check(value)
    except ValueError as error:
        raise UserError(f"{flag}: {value}: must be {error}") from None


def _affine(channels: list[tuple[float, float]]) -> Affine:
    (a, b, c), (d, e, f) = zip(*channels, strict=True)
    return Affine((a, b, c), (d, e, f))


def _layout(text: str) -> str:
    if text not in LAYOUTS:
        raise ValueError(f"{' or '.join(LAYOUTS)}")
    return text


def _limits(text: str) -> tuple[float, float]:
    match = RANGE.fullmatch(text)
    found = numbers(list(match.groups())) if match else []
    if not found or found[0] >= found[1]:
        raise ValueError("LOW..HIGH, the numbers of black and white, such as -1..1")
    return found[0], found[1]


def _colour(text: str) -> Colour:
    found = numbers(text.split(","))
    if len(found) not in (1, 3):
        raise ValueError("a number, or three with commas between")
    first, second, third = found * (3 // len(found))
    return first, second, third


def _divisors(text: str) -> Colour:
    if min(_colour(text)) <= 0:
        raise ValueError("more than 0")
    return _colour(text)


def numbers(texts: list[str]) -> list[float]:
    """The numbers in the texts; nothing where one of them is no finite number."""
    try:
        found = [float(text) for text in texts]
    except ValueError:
        return []
    return found if all(map(math.isfinite, found)) else []


def add_flags(group: Any, prefix: str) -> None:
    """Put the flags of a Convention, which begin with `prefix`, into an argparse group or parser."""

    def add(name: str, **how: Any) -> None:
        group.add_argument(f"{prefix}{name}", dest=_destination(prefix, name), **how)

    add("layout", choices=LAYOUTS, help="the network's, if its file does not say")
    numbers = "numbers of black and white that the network"
    add(
        "input-range", metavar="LOW..HIGH", help=f"{numbers} takes: 0..1, -1..1, 0..255 (default: judged by its output)"
    )
    add("output-range", metavar="LOW..HIGH", help=f"{numbers} gives (default: judged, the same as it takes if it fits)")
    add("range", metavar="LOW..HIGH", help="both")
    add("mean", metavar="M[,M,M]", help="taken off the network's input, in its own order of channels")
    add("std", metavar="S[,S,S]", help="divisor of the input after --mean")
    add("bgr", action="store_true", help="the network's first channel is blue")
    add("input", action="append", default=[], metavar="NAME=VALUES", help="numbers with commas for an input that is "
        "no picture, or INDEX:VALUE with all others 0; once for each")  # fmt: skip
    add("output", metavar="NAME", help="the output that is the picture, where there are several")


def said(args: argparse.Namespace, prefix: str) -> Convention:
    """The Convention that parsed flags say. UserError as there."""

    def value(name: str) -> Any:
        return getattr(args, _destination(prefix, name))

    both = value("range")
    _check(f"{prefix}range", both, _limits)
    names = ("layout", "mean", "std", "bgr", "output")
    return Convention(
        **{name: value(name) for name in names},
        input_range=value("input-range") or both,
        output_range=value("output-range") or both,
        inputs=tuple(value("input")),
        prefix=prefix,
    )


def _destination(prefix: str, name: str) -> str:
    return f"{prefix}{name}".strip("-").replace("-", "_")
