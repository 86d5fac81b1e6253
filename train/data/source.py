"""Where pairs come from, as plain data that every checkpoint keeps, and the split by name."""

import hashlib
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from pix2phone.console import say
from pix2phone.errors import UserError
from train.config import DIRECTIONS
from train.styles.choice import StyleChoice

Item = TypeVar("Item")
BUILTIN = "builtin"
HELD_OUT_BYTE = 64  # of 256: about every fourth name


@dataclass(frozen=True)
class Source:
    """`photos` painted by `style`, or the ready `pairs`.

    `photos` holds folders, or the word "builtin"; photos are shrunk to `longest` pixels before they are painted.
    `folders`: those below `pairs` that hold them, as `train.data.layout` found them; () finds them again.
    """

    photos: tuple[str, ...] = (BUILTIN,)
    style: StyleChoice = field(default_factory=StyleChoice)
    pairs: str | None = None
    longest: int = 768
    skip_bad: bool = False
    direction: str = DIRECTIONS[0]
    folders: tuple[str, ...] = ()

    @classmethod
    def of(cls, data: dict[str, Any]) -> "Source":
        """The source in what a checkpoint says of its data. Photo folders that are not here are left out, and named.

        UserError when it says none.
        """
        try:
            content = data["source"]
            here = [folder for folder in content["photos"] if folder == BUILTIN or Path(folder).is_dir()]
            plain = {"photos": tuple(here) or (BUILTIN,), "folders": tuple(content.get("folders", ()))}
            found = cls(**content | plain | {"style": StyleChoice.of(content["style"])})
        except (KeyError, TypeError) as error:
            raise UserError(f"the checkpoint does not say what it learnt from ({error!r}); train it again") from None
        for folder in content["photos"]:
            if folder not in here:
                say(f"photos in {folder}: not here, going on without them")
        return found


def part(items: Sequence[Item], split: str, name: Callable[[Item], str]) -> list[Item]:
    """The items of `split` ("train" or "held-out"), decided by a hash of each name alone.

    So a picture never changes sides when others come or go, or when a disk spells its accents in another way. Where
    all names fall on one side (a handful may), the smallest hash is held out or the largest trains, so that two
    pictures are enough for both parts.
    """
    digests = {name(item): hashlib.sha256(unicodedata.normalize("NFC", name(item)).encode()).digest() for item in items}
    if not digests:
        return []
    lowest, highest = min(digests.values()), max(digests.values())

    def held_out(item: Item) -> bool:
        digest = digests[name(item)]
        return digest != highest and (digest[0] < HELD_OUT_BYTE or digest == lowest)

    return [item for item in items if held_out(item) == (split == "held-out")]
