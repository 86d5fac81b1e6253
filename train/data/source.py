"""Where pairs come from, as plain data that every checkpoint keeps, and the split by name."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from train.styles.choice import StyleChoice

Item = TypeVar("Item")
HELD_OUT_BYTE = 64  # of 256: about every fourth name


@dataclass(frozen=True)
class Source:
    """`photos` painted by `style`, or the ready `pairs`.

    `photos` holds folders, or the word "builtin"; photos are shrunk to `longest` pixels before they are painted.
    """

    photos: tuple[str, ...] = ("builtin",)
    style: StyleChoice = field(default_factory=StyleChoice)
    pairs: str | None = None
    longest: int = 768
    skip_bad: bool = False

    @classmethod
    def from_json(cls, content: dict[str, Any]) -> "Source":
        """The source that `dataclasses.asdict` turned into JSON."""
        return cls(**content | {"photos": tuple(content["photos"]), "style": StyleChoice(**content["style"])})


def part(items: Sequence[Item], split: str, name: Callable[[Item], str]) -> list[Item]:
    """The items of `split` ("train" or "held-out"), decided by a hash of each name alone.

    So a picture never changes sides when others come or go. The smallest hash is always held out and the largest
    always trains, so that two pictures are enough for both parts.
    """
    digests = {name(item): hashlib.sha256(name(item).encode()).digest() for item in items}
    if not digests:
        return []
    lowest, highest = min(digests.values()), max(digests.values())

    def held_out(item: Item) -> bool:
        digest = digests[name(item)]
        return digest != highest and (digest[0] < HELD_OUT_BYTE or digest == lowest)

    return [item for item in items if held_out(item) == (split == "held-out")]
